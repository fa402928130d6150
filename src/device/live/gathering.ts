/** Candidates of the home are there at once, those of a relay that answers soon after. */
const GATHER_WITHIN_MS = 2500;

/** Waits for candidates, but not for a relay that is dead: inside the home a view needs none. */
export async function waitForCandidates(gathered: Promise<unknown>): Promise<"all" | "some"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"some">((resolve) => {
    timer = setTimeout(() => resolve("some"), GATHER_WITHIN_MS);
  });
  try {
    return await Promise.race([gathered.then(() => "all" as const), late]);
  } finally {
    clearTimeout(timer);
  }
}
