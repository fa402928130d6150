import type { Doorbell } from "../owner/doorbell.ts";
import { toHex } from "../protocol/bytes.ts";
import type { ResultOf } from "../protocol/link-ops.ts";
import { CliError } from "./errors.ts";

export type ClipRow = ResultOf<"clips">["clips"][number];

const MOST_CLIPS = 1000;
const NEWEST = "last";

/** The clip that `text` names: `last`, an id, or enough of its beginning. */
export async function chooseClip(doorbell: Doorbell, text: string | undefined): Promise<ClipRow> {
  const rows = await doorbell.clips(null, MOST_CLIPS);
  if (text === NEWEST) {
    const newest = rows.find(({ state }) => state !== "open");
    if (newest === undefined) throw new CliError("cli/not-found", "the doorbell holds no clip yet");
    return newest;
  }
  return chooseByHex(rows, ({ clip }) => clip, text, "clip");
}

/** @throws CliError `cli/not-found`, `cli/ambiguous`, `cli/usage`. */
export function chooseByHex<T>(
  items: readonly T[],
  idOf: (item: T) => Uint8Array,
  text: string | undefined,
  what: string,
): T {
  const beginning = (text ?? "").toLowerCase().replaceAll(" ", "");
  if (!/^[0-9a-f]+$/.test(beginning)) {
    throw new CliError("cli/usage", `"${text ?? ""}" is no ${what}`, {
      hint: `A ${what} is named by the hex digits of its id.`,
    });
  }
  const found = items.filter((item) => toHex(idOf(item)).startsWith(beginning));
  const [only] = found;
  if (only === undefined) throw new CliError("cli/not-found", `there is no ${what} ${beginning}`);
  if (found.length > 1) throw new CliError("cli/ambiguous", `${found.length} ${what}s begin with ${beginning}`);
  return only;
}
