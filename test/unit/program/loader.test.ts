import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const LOADER = join(import.meta.dirname, "../../../scripts/program/loader.cjs");
const NAMES = "exports,require,module,__filename,__dirname,importMetaUrl";
/** Two parts in the first pack, one in the second; what it answers stands in the text once. */
const door = (answer: string): string =>
  `"use strict";({"main.cjs"(${NAMES}){exports.answer=()=>require("./words.cjs").answer()+require("./late.cjs").mark},
"words.cjs"(${NAMES}){exports.answer=()=>"${answer}"},"late.cjs":"phones"})`;
const phones = `"use strict";({"late.cjs"(${NAMES}){exports.mark="!"}})`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "doorward-loader-"));
  copyFileSync(LOADER, join(folder, "loader.cjs"));
  writeFileSync(join(folder, "door.cjs"), door("open"));
  writeFileSync(join(folder, "phones.cjs"), phones);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly answer: string;
  /** Of each pack, whether its code came compiled. */
  readonly kept: readonly boolean[];
}

function run({ keep = false } = {}): Ran {
  const program = `
    const { load, compiled } = require("./loader.cjs");
    const answer = load("main.cjs").answer();
    const files = compiled();
    if (${keep}) for (const { file, bytes } of files) require("node:fs").writeFileSync(file, bytes);
    process.stdout.write(JSON.stringify({ answer, kept: files.map(({ wasKept }) => wasKept) }));`;
  return JSON.parse(execFileSync(process.execPath, ["-e", program], { cwd: folder, encoding: "utf8" })) as Ran;
}

const keptFile = (pack: string): string =>
  join(folder, readdirSync(folder).find((name) => name.startsWith(pack) && name.endsWith(".kept")) ?? "none");

test("without kept code every part is compiled", () =>
  expect(run()).toEqual({ answer: "open!", kept: [false, false] }));

test("kept code is taken at the next start", () => {
  run({ keep: true });
  expect(run()).toEqual({ answer: "open!", kept: [true, true] });
});

test("a damaged byte of kept code costs time only", () => {
  run({ keep: true });
  const bytes = readFileSync(keptFile("door"));
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  writeFileSync(keptFile("door"), bytes);
  expect(run()).toEqual({ answer: "open!", kept: [false, true] });
});

test.each(["", "short"])("kept code that was cut off (%j) costs time only", (left) => {
  run({ keep: true });
  writeFileSync(keptFile("phones"), left);
  expect(run()).toEqual({ answer: "open!", kept: [true, false] });
});

test("code kept of another text of the same length is not run", () => {
  run({ keep: true });
  writeFileSync(join(folder, "door.cjs"), door("shut"));
  expect(run()).toEqual({ answer: "shut!", kept: [false, true] });
});

test("control: V8 by itself would run it", () => {
  const program = `
    const { Script } = require("node:vm");
    const first = new Script("(() => 'open')()");
    first.runInThisContext();
    const second = new Script("(() => 'shut')()", { cachedData: first.createCachedData() });
    process.stdout.write(JSON.stringify([second.cachedDataRejected, second.runInThisContext()]));`;
  expect(JSON.parse(execFileSync(process.execPath, ["-e", program], { encoding: "utf8" }))).toEqual([false, "open"]);
});
