import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const FILE = join(import.meta.dirname, "../../firmware/board/60-doorward.rules");
const rules = readFileSync(FILE, "utf8");
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "doorward-rules-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** What these rules may use, from udev(7): keys that look and keys that set, each with the operators that do it. */
const LOOKS = /^(ACTION|KERNEL|SUBSYSTEM|ATTR\{[^{}]+\}|TEST|PROGRAM)$/;
const SETS = /^(GROUP|MODE|OWNER|SYMLINK|TAG|ATTR\{[^{}]+\}|ENV\{[^{}]+\}|RUN)$/;

/** What is wrong with the rules, a line each, as udev would refuse it. */
function faultsIn(text: string): string[] {
  return text.split("\n").flatMap((line, at) => {
    if (line === "" || line.startsWith("#")) return [];
    const says = (fault: string): string[] => [`line ${at + 1}: ${fault}`];
    const part = /\s*([A-Z]+(?:\{[^{}]*\})?)\s*(==|!=|\+=|-=|:=|=)\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/y;
    let sets = 0;
    while (part.lastIndex < line.length) {
      const [, key = "", operator = "", value = ""] = part.exec(line) ?? [];
      if (key === "") return says("is no list of key, operator and quoted value");
      const isLook = operator === "==" || operator === "!=";
      if (!(isLook || key === "PROGRAM" ? LOOKS : SETS).test(key)) return says(`${key} ${operator} means nothing`);
      if (key === "MODE" && !/^0[0-7]{3}$/.test(value)) return says("MODE is no mode");
      if (!isLook) sets += 1; // a program too: it does by itself what the rule is for
    }
    return sets > 0 ? [] : says("does nothing");
  });
}

test("each rule is one that udev takes", () => {
  expect(faultsIn(rules)).toEqual([]);
});

test.each([
  ["a quote that is missing", (text: string) => text.replace('GROUP="video"', "GROUP=video")],
  ["a key that is misspelt", (text: string) => text.replace("SUBSYSTEM==", "SUBSYTEM==")],
  ["a comma in place of an operator", (text: string) => text.replace('MODE="0660"', 'MODE,"0660"')],
  ["a mode that is none", (text: string) => text.replace('MODE="0660"', 'MODE="rw"')],
  ["a rule that only looks", (text: string) => text.replace(', GROUP="audio"', "")],
])("%s is noticed", (_what, spoil) => {
  expect(spoil(rules)).not.toBe(rules);
  expect(faultsIn(spoil(rules))).toHaveLength(1);
});

/** Since systemd 255. */
const canVerify = spawnSync("udevadm", ["verify", "--help"], { encoding: "utf8" }).stdout.includes("--no-style");
test.runIf(canVerify)("udev itself has nothing to complain about", () => {
  const verify = (file: string) =>
    spawnSync("udevadm", ["verify", "--no-style", "--resolve-names=never", file], { encoding: "utf8" });
  expect(verify(FILE).status).toBe(0);
  const spoilt = join(dir, "60-spoilt.rules");
  writeFileSync(spoilt, rules.replace("SUBSYSTEM==", "SUBSYTEM=="));
  expect(verify(spoilt).status).not.toBe(0);
});

test("all that the units may open is given to a group of the doorbell's user", () => {
  const groups = [...rules.matchAll(/GROUP="(\w+)"/g)].map(([, group]) => group);
  const sysusers = readFileSync(join(import.meta.dirname, "../../systemd/doorward.sysusers"), "utf8");
  for (const group of groups) expect(sysusers).toContain(`m doorward ${group}\n`);
});
