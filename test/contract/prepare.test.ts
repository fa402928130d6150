import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const prepare = join(import.meta.dirname, "../../scripts/prepare");
const basics = [
  "bash",
  "cat",
  "cut",
  "dirname",
  "env",
  "grep",
  "id",
  "mktemp",
  "sha256sum",
  "sort",
  "tail",
  "uname",
  "wc",
];

let programs: string;
beforeEach(() => {
  programs = mkdtempSync(join(tmpdir(), "doorward-programs-"));
  for (const name of basics) symlinkSync(join("/usr/bin", name), join(programs, name));
});
afterEach(() => rmSync(programs, { recursive: true }));

function provide(name: string, script: string): void {
  rmSync(join(programs, name), { force: true });
  writeFileSync(join(programs, name), `#!/usr/bin/bash\n${script}\n`);
  chmodSync(join(programs, name), 0o755);
}

/** A node that says this of itself, and fails whatever else it is asked. */
function provideNode(version: string, arch: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isNewEnough = major > 20 || (major === 20 && minor >= 19);
  provide(
    "node",
    `case "$*" in
      *process.versions.node.split*) exit ${isNewEnough ? 0 : 1} ;;
      *process.versions.node*) echo ${version} ;;
      *process.arch*) echo ${arch} ;;
      *) exit 1 ;;
    esac`,
  );
}

function run(): { readonly status: number | null; readonly said: string; readonly stdout: string } {
  const { status, stdout, stderr } = spawnSync("/usr/bin/bash", [prepare, "demo"], {
    env: { PATH: programs, HOME: programs },
    encoding: "utf8",
  });
  return { status, said: stderr, stdout };
}

test("without Node.js it says which version and how to get it", () => {
  const { status, said } = run();
  expect(status).toBe(1);
  expect(said).toMatch(/Node\.js is not installed.*20\.19[\s\S]*apt-get install nodejs/);
});

test("an old Node.js is named, and what to do", () => {
  provideNode("18.19.0", "x64");
  const { status, said } = run();
  expect(status).toBe(1);
  expect(said).toMatch(/Node\.js 18\.19\.0 is too old[\s\S]*nodejs\.org/);
});

test("a 32-bit system is told to become a 64-bit one", () => {
  provideNode("20.19.2", "arm");
  const { status, said } = run();
  expect(status).toBe(1);
  expect(said).toMatch(/64-bit system[\s\S]*64-bit Raspberry Pi OS/);
});

test("another system than Linux is named", () => {
  provide("uname", "echo Darwin");
  const { status, said } = run();
  expect(status).toBe(1);
  expect(said).toContain("this is Darwin");
});

test("without apt it lists the packages to install", () => {
  provideNode("20.19.2", "arm64");
  const { status, said } = run();
  expect(status).toBe(1);
  expect(said).toMatch(/has no apt[\s\S]*ffmpeg/);
});

test("without root or sudo it gives the command to run as root", () => {
  provideNode("22.12.0", "x64");
  provide("apt-get", "exit 100");
  provide("id", "echo 1000");
  const { status, said } = run();
  expect(status).toBe(1);
  expect(said).toMatch(/run as root: apt-get install -y .*ffmpeg/);
});

test("stdout stays empty: it belongs to the program that is prepared", () => {
  provideNode("20.19.2", "x64");
  expect(run().stdout).toBe("");
});
