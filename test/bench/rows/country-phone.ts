import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import { launchBrowser } from "../../browser/browser.ts";
import { YEAR_2020 } from "../../fakes/country-year.ts";
import { ENVIRONMENT, NODE_FLAGS } from "../as-packaged.ts";
import { runToEnd } from "../child.ts";
import type { Measurement } from "../context.ts";
import { makeYearLog, writeLog, type YearLog } from "../country/year-log.ts";
import { commandLine, processCpuSeconds, processTree, residentMiB } from "../process-tree.ts";
import { makeRow, type Pair, type RowDefinition } from "../row.ts";

const YEAR = "a country's year (22,335 requests, 100 around the home) caught up by a phone";
const FLOOR = "reading, hashing and parsing the same entries and verifying the same signatures";
const MAX_PAIRS = 3;
const LOOK_EVERY_MS = 50;

const rows = {
  nodeCpu: { name: `${YEAR}, in Node`, unit: "s CPU", referenceName: FLOOR, target: { of: "ours", atMost: 3 } },
  nodeMemory: {
    name: `${YEAR}, in Node: memory`,
    unit: "MiB",
    referenceName: FLOOR,
    target: { of: "ours", atMost: 40 },
  },
  pageCpu: { name: `${YEAR}, in Chromium`, unit: "s CPU", referenceName: FLOOR, target: { of: "ours", atMost: 3 } },
  pageMemory: {
    name: `${YEAR}, in Chromium: memory`,
    unit: "MiB",
    referenceName: FLOOR,
    target: { of: "ours", atMost: 40 },
  },
} as const satisfies Record<string, RowDefinition>;

type What = "phone" | "floor";

/** What it took, and proof that it was the whole of it. */
interface Taken {
  readonly cpuSeconds: number;
  readonly peakMiB: number;
  readonly entries: number;
  readonly matches: number;
}

async function bundle(workDir: string, name: string, platform: "node" | "browser"): Promise<string> {
  // Where the packages with binaries are found from.
  const cache = new URL(".", import.meta.url).pathname;
  const outfile = platform === "node" ? join(cache, `${name}-${process.pid}.mjs`) : join(workDir, `${name}.js`);
  const entryPoints = [new URL(`../../test/bench/country/${name}.ts`, import.meta.url).pathname];
  const format = platform === "node" ? "esm" : "iife";
  const external = platform === "node" ? { packages: "external" as const } : {};
  await build({ entryPoints, outfile, bundle: true, platform, format, logLevel: "warning", ...external });
  return outfile;
}

async function inNode(program: string, dir: string, year: YearLog["year"], what: What): Promise<Taken> {
  const env = { ...process.env, ...ENVIRONMENT };
  return JSON.parse(
    await runToEnd(process.execPath, [...NODE_FLAGS, program, dir, JSON.stringify(year), what], { env }),
  ) as Taken;
}

function serve(dir: string, script: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").replace("/log/", "/");
    if (path === "/")
      response.setHeader("content-type", "text/html").end("<!doctype html><script src=phone.js></script>");
    else if (path === "/phone.js") response.setHeader("content-type", "text/javascript").end(readFileSync(script));
    else response.end(fileOf(join(dir, path)));
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

function fileOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

/** Processor time and memory of the pages' own processes, which is where a phone's browser runs the app. One of them is idle. */
async function inPage(url: string, year: YearLog["year"], what: What): Promise<Taken> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await page.evaluate("typeof follow");
    const renderers = renderersOf();
    const cpuBefore = sumOver(renderers, processCpuSeconds);
    const residentBefore = sumOver(renderers, residentMiB);
    let peak = residentBefore;
    const looking = setInterval(() => {
      peak = Math.max(peak, sumOver(renderers, residentMiB));
    }, LOOK_EVERY_MS);
    try {
      const script = `follow(${JSON.stringify(year)}, ${JSON.stringify(what)})`;
      const followed: Pick<Taken, "entries" | "matches"> = await page.evaluate(script);
      const cpuSeconds = sumOver(renderers, processCpuSeconds) - cpuBefore;
      return { ...followed, cpuSeconds, peakMiB: peak - residentBefore };
    } finally {
      clearInterval(looking);
    }
  } finally {
    await browser.close();
  }
}

/** Chromium keeps a spare one, and does not say which. */
const renderersOf = (): number[] =>
  processTree(process.pid)
    .map(({ pid }) => pid)
    .filter((pid) => commandLine(pid).join(" ").includes("--type=renderer"));

const sumOver = (pids: readonly number[], measure: (pid: number) => number): number =>
  pids.reduce((sum, pid) => sum + measure(pid), 0);

function expectWhole(taken: Taken, { log }: YearLog): Taken {
  if (taken.entries !== log.tree.size || taken.matches !== YEAR_2020.matches) {
    throw new Error(`${taken.entries} entries and ${taken.matches} matches: not the year`);
  }
  return taken;
}

export const countryPhone: Measurement = {
  rows: Object.values(rows).map(({ name }) => name),
  async measure({ pairs: count, workDir, say }) {
    say("making a country's year");
    const made = await makeYearLog(YEAR_2020);
    const dir = join(workDir, "log");
    mkdirSync(dir);
    writeLog(made, dir);
    const program = await bundle(workDir, "node-phone", "node");
    const server = await serve(dir, await bundle(workDir, "browser-phone", "browser"));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const taken: Record<"node" | "page", Record<What, Taken>>[] = [];
    try {
      for (let i = 0; i < Math.min(count, MAX_PAIRS); i += 1) {
        const node = async (what: What) => expectWhole(await inNode(program, dir, made.year, what), made);
        const page = async (what: What) => expectWhole(await inPage(url, made.year, what), made);
        taken.push({
          node: { floor: await node("floor"), phone: await node("phone") },
          page: { floor: await page("floor"), phone: await page("phone") },
        });
      }
    } finally {
      server.close();
      rmSync(program);
    }
    const pairsOf = (who: "node" | "page", what: keyof Taken): Pair[] =>
      taken.map((one) => ({ ours: one[who].phone[what], reference: one[who].floor[what] }));
    const note = `${(made.bytes / 2 ** 20).toFixed(0)} MiB of entries`;
    return [
      makeRow(rows.nodeCpu, pairsOf("node", "cpuSeconds"), note),
      makeRow(rows.nodeMemory, pairsOf("node", "peakMiB"), "peak above the idle process"),
      makeRow(rows.pageCpu, pairsOf("page", "cpuSeconds"), "the pages' processes"),
      makeRow(rows.pageMemory, pairsOf("page", "peakMiB"), "peak above the open page"),
    ];
  },
};
