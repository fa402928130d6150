/**
 * `npm run scenario -- fort-lauderdale-2018 [--homes N] [--json] [--report DIR]`: the months of 2018 once for each reason to stay silent and
 * each way of sharing. Whatever register, witness, broker, requester and log see or store has to be the same bytes in all
 * worlds of silence; leaks that are planted have to be found.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { difference } from "./digest.ts";
import { leaks } from "./leaks.ts";
import { makePlan, type Plan, readScenario, SHARINGS, type Sharing, SILENCES, type Silence } from "./plan.ts";
import { type Beginning, makeBeginning } from "./services.ts";
import { filmHomes } from "./whole-home.ts";
import {
  digestsOf,
  type PlantedLeak,
  runWorld,
  VIEWS,
  type View,
  type WorldOptions,
  type WorldResult,
} from "./world.ts";

const USAGE = `npm run scenario -- fort-lauderdale-2018 [--homes N] [--json] [--report DIR] [--short] [--only SILENCE] [--no-leaks]
  --homes N    default: as many as the scenario names; at least 309
  --report DIR where digests, evidence and differences are kept; default .cache/scenario/NAME-N
  --short      of the worlds in which one person shares, only two; fewer homes over HTTP and desks that sign
  --only       one world of silence beside "ignored", to look closer`;

/** Which worlds have to leave the same stopped doorbell and app as being ignored does; the others had another home to begin with. */
const SAME_AT_HOME: readonly Silence[] = [
  "looked-then-nothing",
  "hidden",
  "signed-then-undone",
  "quorum-never-completed",
];
const OUTSIDE: readonly View[] = ["register", "witness", "broker", "requester", "log"];
const SHORT: readonly Silence[] = ["ignored", "signed-then-undone"];
const LEAK_REQUESTS = 2;
/** Every store waits for its disk as it always does; in memory that takes no time. */
const MEMORY = "/dev/shm";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    homes: { type: "string" },
    json: { type: "boolean" },
    report: { type: "string" },
    only: { type: "string" },
    "no-leaks": { type: "boolean" },
    short: { type: "boolean" },
    help: { type: "boolean" },
  },
});

const startedAt = performance.now();
const say = (text: string): void =>
  void process.stderr.write(`scenario ${((performance.now() - startedAt) / 1000).toFixed(0)} s: ${text}\n`);

interface Setting {
  readonly plan: Plan;
  readonly begun: Beginning;
  readonly dir: string;
  readonly overHttp: number;
  readonly desks: number;
}

function play(
  setting: Setting,
  name: string,
  options: Pick<WorldOptions, "silence" | "sharing" | "requests" | "leak">,
): Promise<WorldResult> {
  const { plan, begun, dir, overHttp, desks } = setting;
  const onProgress = (text: string): void => say(`${name}: ${text}`);
  return runWorld(plan, begun, join(dir, "world"), { seed: plan.data.seed, overHttp, desks, onProgress, ...options });
}

interface Difference {
  readonly where: string;
  readonly lines: string;
}

/** How a world differs from the one in which requests are ignored, in what has to be the same. */
function differences(base: WorldResult, world: WorldResult): Difference[] {
  const views = SAME_AT_HOME.includes(world.silence) || world.silence === "ignored" ? VIEWS : OUTSIDE;
  const found = views.map((view) => ({
    where: view as string,
    lines: difference(base.evidence[view], world.evidence[view]),
  }));
  if (world.silence !== "no-device")
    found.push({ where: "homes' copying", lines: difference(base.fetches, world.fetches) });
  return found.flatMap(({ where, lines }) => (lines === null ? [] : [{ where, lines }]));
}

async function findLeak(setting: Setting, base: WorldResult, leak: PlantedLeak) {
  const world = await play(setting, `leak "${leak.name}"`, {
    silence: leak.silence,
    sharing: base.sharing,
    requests: LEAK_REQUESTS,
    leak,
  });
  const found = differences(base, world);
  say(
    `leak "${leak.name}": ${found.length > 0 ? `caught at ${found.map(({ where }) => where).join(", ")}` : "NOT caught"}`,
  );
  return { name: leak.name, caught: found.length > 0, where: found.map(({ where }) => where) };
}

async function main(): Promise<number> {
  const [name = ""] = positionals;
  if (values.help === true || name !== "fort-lauderdale-2018") {
    process.stderr.write(`${USAGE}\n`);
    return values.help === true ? 0 : 2;
  }
  const data = readScenario(name);
  const homes = Number(values.homes ?? data.homes);
  if (!Number.isSafeInteger(homes) || homes < 1) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const plan = makePlan(data, homes);
  const dir = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "doorward-months-"));
  const report = values.report ?? join(".cache", "scenario", `${name}-${homes}`);
  mkdirSync(report, { recursive: true });
  try {
    say(`${homes} homes, ${plan.requests.length} requests; filming two homes for real`);
    const begun = await makeBeginning(join(dir, "begun"), data.seed);
    const [first] = plan.requests;
    const filmed = plan.whole.map((index) => ({
      place: plan.homes[index]?.place ?? { latitude: 0, longitude: 0 },
      filmedAtMs: ((first?.window.start ?? 0) + 900) * 1000,
    }));
    await filmHomes(begun, filmed, data.seed);
    return await examine({ plan, begun, dir, ...realPartsOf(homes) }, report);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** How many of the simulated homes copy over HTTP, and how many desks of the silent sign for real. */
function realPartsOf(homes: number): Pick<Setting, "overHttp" | "desks"> {
  if (values.short === true) return { overHttp: 6, desks: 8 };
  return homes >= 2_000 ? { overHttp: 100, desks: 1_000 } : { overHttp: 24, desks: 30 };
}

async function examine(setting: Setting, report: string): Promise<number> {
  const { plan } = setting;
  const silences = SILENCES.filter(
    (silence) => values.only === undefined || silence === "ignored" || silence === values.only,
  );
  const worlds: object[] = [];
  const shapes = new Map<Sharing, WorldResult>();
  let ok = true;
  for (const sharing of SHARINGS) {
    let base: WorldResult | null = null;
    for (const silence of sharing === "one-person-eleven-clips" && values.short === true ? SHORT : silences) {
      const world = await play(setting, `${silence}, ${sharing}`, { silence, sharing });
      base ??= world;
      if (silence === "ignored") shapes.set(sharing, world);
      const found = differences(base, world);
      const counts = countsOf(plan, world);
      ok &&= found.length === 0 && counts.ok;
      for (const { where, lines } of found) say(`${silence}, ${sharing}: differs at ${where}:\n${lines}`);
      if (!counts.ok) say(`${silence}, ${sharing}: ${JSON.stringify(counts)}`);
      worlds.push({
        silence,
        sharing,
        digests: digestsOf(world),
        homeRequests: world.homeRequests,
        linkSessions: world.linkSessions,
        differsAt: found.map(({ where }) => where),
      });
      writeFileSync(join(report, `${sharing}-${silence}.txt`), evidenceText(world));
      if (found.length > 0)
        writeFileSync(join(report, `${sharing}-${silence}.differences.json`), JSON.stringify(found, null, 2));
    }
  }
  const sameShape = isSameShape(shapes);
  ok &&= sameShape;
  const caught = values["no-leaks"] === true ? [] : await plant(setting);
  ok &&= caught.every((leak) => leak.caught);
  const result = {
    ok,
    homes: plan.homes.length,
    requests: plan.requests.length,
    matching: plan.data.matchingHomesTotal,
    shares: plan.shares.length,
    worlds,
    sameShape,
    leaks: caught,
  };
  writeFileSync(join(report, "report.json"), `${JSON.stringify(result, null, 2)}\n`);
  say(`report in ${report}`);
  process.stdout.write(values.json === true ? `${JSON.stringify(result, null, 2)}\n` : `${table(result)}\n`);
  return ok ? 0 : 1;
}

/** A world has to have had what the newspapers counted, or it proves nothing. */
function countsOf({ data, shares }: Plan, world: WorldResult) {
  const fits = !(["outside-the-area", "no-clip", "no-device"] as readonly string[]).includes(world.silence);
  const least = world.sharing === "one-person-eleven-clips" ? shares.length : shares.length;
  const { matching, received } = world;
  return {
    ok: received === shares.length && (fits ? matching === data.matchingHomesTotal : matching === least),
    matching,
    received,
  };
}

function isSameShape(shapes: ReadonlyMap<Sharing, WorldResult>): boolean {
  const [one, other] = [...shapes.values()];
  if (one === undefined || other === undefined) return false;
  const lines = difference(one.shape, other.shape);
  if (lines !== null) say(`the two ways of sharing differ in shape:\n${lines}`);
  return lines === null;
}

async function plant(setting: Setting) {
  const [sharing] = SHARINGS;
  const base = await play(setting, "before the leaks", { silence: "ignored", sharing, requests: LEAK_REQUESTS });
  const control = await play(setting, "no leak", { silence: "looked-then-nothing", sharing, requests: LEAK_REQUESTS });
  if (differences(base, control).length > 0) throw new Error("worlds without a leak differ already");
  const found: { readonly name: string; readonly caught: boolean; readonly where: readonly string[] }[] = [];
  for (const leak of leaks) found.push(await findLeak(setting, base, leak));
  return found;
}

function evidenceText({ evidence, fetches }: WorldResult): string {
  const parts = VIEWS.map((view) => `## ${view}\n${evidence[view].join("\n")}`);
  return `${[...parts, `## homes' copying\n${fetches.join("\n")}`].join("\n\n")}\n`;
}

function table(result: {
  readonly ok: boolean;
  readonly worlds: readonly object[];
  readonly leaks: readonly { readonly name: string; readonly caught: boolean }[];
}): string {
  const rows = (
    result.worlds as {
      silence: string;
      sharing: string;
      digests: Record<string, string | null>;
      homeRequests: number;
    }[]
  ).map(
    ({ silence, sharing, digests, homeRequests }) =>
      `| ${[silence, sharing, ...VIEWS.map((view) => digests[view]?.slice(0, 8) ?? "–"), homeRequests].join(" | ")} |`,
  );
  return [
    `| silence | sharing | ${VIEWS.join(" | ")} | homes' requests |`,
    `| ${Array.from({ length: VIEWS.length + 3 }, () => "---").join(" | ")} |`,
    ...rows,
    "",
    ...result.leaks.map(({ name, caught }) => `- planted: ${name}: ${caught ? "caught" : "NOT CAUGHT"}`),
    result.ok ? "\nNobody can count the silent." : "\nSomething tells.",
  ].join("\n");
}

process.exitCode = await main();
