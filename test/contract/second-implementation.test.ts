import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const verifier = join(root, "test/second-implementation/verify.py");

// Debian's own interpreter, because python3-nacl is installed for that one.
test.runIf(existsSync(verifier))(
  "a Python program written from docs/protocol.md alone opens and verifies every vector",
  () => {
    const { status, stdout, stderr } = spawnSync("/usr/bin/python3", [verifier], { cwd: root, encoding: "utf8" });
    expect(status, stdout + stderr).toBe(0);
  },
);
