import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import { launchBrowser } from "../../browser/browser.ts";
import { YEAR_2020 } from "../../fakes/country-year.ts";
import { runToEnd } from "../child.ts";
import type { Measurement } from "../context.ts";
import { makeYearLog, writeLog, type YearLog } from "../country/year-log.ts";
import { commandLine, processCpuSeconds, processTree, residentMiB } from "../process-tree.ts";
import { makeRow, type Pair, type RowDefinition } from "../row.ts";

const YEAR = "a country's year (22,335 requests, 100 around the home) caught up by a phone";
const FLOOR = "reading, parsing and hashing the same entries, in Node";
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

interface Taken {
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

/** Both: what happened, and proof that it was the whole of it. */
type Followed = Taken & { readonly entries: number; readonly matches?: number };

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

async function inNode(program: string, dir: string, year: YearLog["year"], what: "phone" | "floor"): Promise<Followed> {
  return JSON.parse(await runToEnd(process.execPath, [program, dir, JSON.stringify(year), what])) as Followed;
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

/** Processor time and memory of the page's own process, which is where a phone's browser runs the app. */
async function inPage(url: string, year: YearLog["year"]): Promise<Followed> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(url);
    const renderer = await rendererOf(page);
    await page.evaluate("typeof follow");
    const cpuBefore = processCpuSeconds(renderer);
    const residentBefore = residentMiB(renderer);
    let peak = residentBefore;
    const looking = setInterval(() => {
      peak = Math.max(peak, residentMiB(renderer));
    }, LOOK_EVERY_MS);
    try {
      const followed: { entries: number; matches: number } = await page.evaluate(`follow(${JSON.stringify(year)})`);
      return { ...followed, cpuSeconds: processCpuSeconds(renderer) - cpuBefore, peakMiB: peak - residentBefore };
    } finally {
      clearInterval(looking);
    }
  } finally {
    await browser.close();
  }
}

/** The renderer that spins when the page does: Chromium keeps a spare one. */
async function rendererOf(page: { evaluate(script: string): Promise<unknown> }): Promise<number> {
  const renderers = processTree(process.pid)
    .map(({ pid }) => pid)
    .filter((pid) => commandLine(pid).join(" ").includes("--type=renderer"));
  const before = new Map(renderers.map((pid) => [pid, processCpuSeconds(pid)]));
  await page.evaluate("(() => { const end = performance.now() + 300; while (performance.now() < end); })()");
  const spent = renderers.map((pid) => ({ pid, seconds: processCpuSeconds(pid) - (before.get(pid) ?? 0) }));
  const [busiest] = spent.toSorted((a, b) => b.seconds - a.seconds);
  if (busiest === undefined) throw new Error("the page has no process");
  return busiest.pid;
}

function expectWhole(followed: Followed, { log }: YearLog): Followed {
  if (followed.entries !== log.tree.size || followed.matches !== YEAR_2020.matches) {
    throw new Error(`${followed.entries} entries and ${followed.matches} matches: not the year`);
  }
  return followed;
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
    const taken: { node: Taken; page: Taken; floor: Taken }[] = [];
    try {
      for (let i = 0; i < Math.min(count, MAX_PAIRS); i += 1) {
        const floor = await inNode(program, dir, made.year, "floor");
        const node = expectWhole(await inNode(program, dir, made.year, "phone"), made);
        const page = expectWhole(await inPage(url, made.year), made);
        taken.push({ node, page, floor });
      }
    } finally {
      server.close();
      rmSync(program);
    }
    const pairsOf = (who: "node" | "page", what: keyof Taken): Pair[] =>
      taken.map((one) => ({ ours: one[who][what], reference: one.floor[what] }));
    const note = `${(made.bytes / 2 ** 20).toFixed(0)} MiB of entries`;
    return [
      makeRow(rows.nodeCpu, pairsOf("node", "cpuSeconds"), note),
      makeRow(rows.nodeMemory, pairsOf("node", "peakMiB"), "peak above the idle process"),
      makeRow(rows.pageCpu, pairsOf("page", "cpuSeconds"), "the page's process"),
      makeRow(rows.pageMemory, pairsOf("page", "peakMiB"), "peak above the open page"),
    ];
  },
};
