import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCli } from "../../../src/cli/program.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-run-"));
});
afterEach(() => rm(dir, { recursive: true }));

/** `doorward run` as systemd runs it: exit status and what would be in the journal. */
async function underSystemd(
  config: string,
  environment: Record<string, string> = { NOTIFY_SOCKET: "/run/systemd/notify" },
) {
  const file = join(dir, "doorward.toml");
  await writeFile(file, config.replace("DATA", join(dir, "data")));
  let err = "";
  const exit = await runCli(["run", "--config", file], {
    stdout: { write: () => true },
    stderr: { write: (text) => (err += text) },
    stdin: Readable.from([]),
    environment,
    signal: new AbortController().signal,
  });
  return { exit, lines: err.trimEnd().split("\n") };
}

test("a broken configuration is one line with everything to mend, and a status that systemd does not restart", async () => {
  const { exit, lines } = await underSystemd('[camera]\nsource = "webcam"\nwidht = 3\n');
  expect(exit).toBe(78);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/config\/invalid.*source.*widht/);
});

test("in a terminal the same is said line by line", async () => {
  const { exit, lines } = await underSystemd('[camera]\nsource = "webcam"\nwidht = 3\n', {});
  expect(exit).toBe(1);
  expect(lines.length).toBeGreaterThan(2);
});

test("a missing device key ends once, and says what to do", async () => {
  const { exit, lines } = await underSystemd('[device]\ndata_dir = "DATA"\n');
  expect(exit).toBe(78);
  expect(lines).toEqual([expect.stringMatching(/device-key\/missing.*doorward init/)]);
});

test("another machine than a Raspberry Pi ends once, and names the chip that is missing", async () => {
  const { exit, lines } = await withKey('[device]\ndata_dir = "DATA"\n[gpio]\ndriver = "gpiod"\n');
  expect(exit).toBe(78);
  expect(lines).toEqual([expect.stringMatching(/gpio\/no-(chip|programs|sysfs)/)]);
});

async function withKey(config: string) {
  const { createDeviceKeys } = await import("../../../src/device/device-keys.ts");
  const { mkdir } = await import("node:fs/promises");
  await mkdir(join(dir, "data"));
  await createDeviceKeys(join(dir, "data"));
  return underSystemd(config);
}
