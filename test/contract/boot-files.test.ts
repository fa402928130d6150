import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const CONFIG = "arm_64bit=1\n[all]\n";
const CMDLINE = "console=tty1 root=PARTUUID=4e639091-02 rootwait\n";
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "doorward-boot-files-"));
  write(CONFIG, CMDLINE);
});
afterEach(() => rmSync(dir, { recursive: true }));

function write(config: string, cmdline: string): void {
  writeFileSync(join(dir, "config.txt"), config);
  writeFileSync(join(dir, "cmdline.txt"), cmdline);
}
const both = (): string[] => ["config.txt", "cmdline.txt"].map((name) => readFileSync(join(dir, name), "utf8"));
const bootFiles = (...words: string[]): string[] =>
  execFileSync(join(root, "scripts/boot-files"), words, { encoding: "utf8" }).split("\n").filter(Boolean);

test("what is added is there once, and taken out to the last byte", () => {
  expect(bootFiles("add", dir, "pins", "serial", "memory")).toEqual(["config.txt", "cmdline.txt"]);
  const [config, cmdline] = both();
  expect(config).toContain("\ngpio=17,27=ip,pu\n");
  expect(cmdline).toBe(`${CMDLINE.trim()} cgroup_enable=memory\n`);
  expect(bootFiles("add", dir, "pins", "serial", "memory")).toEqual([]);
  expect(bootFiles("remove", dir)).toEqual(["config.txt", "cmdline.txt"]);
  expect(both()).toEqual([CONFIG, CMDLINE]);
  expect(readdirSync(dir).toSorted()).toEqual(["cmdline.txt", "config.txt"]);
});

test("a later run takes nothing away that an earlier one added", () => {
  bootFiles("add", dir, "pins", "serial", "memory");
  expect(bootFiles("add", dir, "memory")).toEqual([]);
});

test("a word that stood there before stays when the rest goes", () => {
  write(CONFIG, "rootwait cgroup_enable=memory\n");
  bootFiles("add", dir, "pins", "memory");
  bootFiles("remove", dir);
  expect(both()).toEqual([CONFIG, "rootwait cgroup_enable=memory\n"]);
});

test("the pull-ups are those of the pin map's page", () => {
  const page = readFileSync(join(root, "firmware/board/README.md"), "utf8");
  bootFiles("add", dir, "pins");
  const lines =
    both()[0]
      ?.split("\n")
      .filter((line) => line.startsWith("gpio=")) ?? [];
  expect(lines).toHaveLength(3);
  for (const line of lines) expect(page).toContain(line);
});
