import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const SOMEBODY = 12_345;
let checkout: string;
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), "doorward-clone-"));
  mkdirSync(join(checkout, "scripts"));
  for (const name of ["package", "steps"]) cpSync(join(root, "scripts", name), join(checkout, "scripts", name));
  // In place of fetching all JavaScript packages.
  const prepare = "#!/bin/sh\nmkdir -p node_modules/made dist; echo prepared for $1 >&2; exit 1\n";
  writeFileSync(join(checkout, "scripts/prepare"), prepare, { mode: 0o755 });
});
afterEach(() => rmSync(checkout, { recursive: true }));

const pack = () => spawnSync(join(checkout, "scripts/package"), [], { encoding: "utf8", cwd: checkout });

test("a fresh clone is made ready before it is packaged", () => {
  expect(pack().stderr).toBe("prepared for package\n");
});

test.runIf(process.getuid?.() === 0)("what root makes in somebody's checkout is theirs, also when it fails", () => {
  execFileSync("chown", ["-R", `${SOMEBODY}:${SOMEBODY}`, checkout]);
  expect(pack().status).toBe(1);
  for (const made of ["node_modules/made", "dist"]) expect(statSync(join(checkout, made)).uid, made).toBe(SOMEBODY);
});
