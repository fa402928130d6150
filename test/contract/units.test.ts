import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { judgeUnits, MOST_EXPOSED } from "../units/judge.ts";

const root = join(import.meta.dirname, "../..");
const programs = join(root, "scripts/packaging");
let copy: string;
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "doorward-loose-"));
});
afterAll(() => rm(copy, { recursive: true }));

async function judgeChanged(change: (text: string) => string) {
  await cp(join(root, "systemd"), copy, { recursive: true });
  const file = join(copy, "doorward.service");
  await writeFile(file, change(await readFile(file, "utf8")));
  return (await judgeUnits(copy, programs)).find(({ name }) => name === "doorward.service");
}

test(`every unit is exposed at most ${MOST_EXPOSED}, and systemd has nothing to complain about`, async () => {
  const units = await judgeUnits(join(root, "systemd"), programs);
  expect(units.map(({ name }) => name)).toEqual([
    "doorward-broker.service",
    "doorward-failed.service",
    "doorward-mailbox.service",
    "doorward-register.service",
    "doorward-witness.service",
    "doorward.service",
  ]);
  expect(units.filter(({ ok }) => !ok)).toEqual([]);
});

test("a loosened unit is noticed", async () => {
  const judged = await judgeChanged((text) =>
    text.replace(/^(CapabilityBoundingSet|NoNewPrivileges|ProtectSystem)=.*$/gm, ""),
  );
  expect(judged?.exposure).toBeGreaterThan(MOST_EXPOSED);
  expect(judged?.ok).toBe(false);
});

test("a misspelt directive is noticed", async () => {
  const judged = await judgeChanged((text) => text.replace("ProtectHome=", "ProtectHomes="));
  expect(judged?.complaints.join("\n")).toContain("ProtectHomes");
});

test.each([
  ["doorward", /\nLoadCredential=/],
  ["doorward-broker", /\nLoadCredential=/],
  ["doorward-mailbox", /\nLoadCredential=/],
  // Their keys are what they keep: nobody's password.
  ["doorward-register", /\nStateDirectoryMode=0700\n/],
  ["doorward-witness", /\nStateDirectoryMode=0700\n/],
])("%s tells systemd that it is up and lives, and keeps its secrets to itself", async (name, secrets) => {
  const text = await readFile(join(root, `systemd/${name}.service`), "utf8");
  for (const line of ["Type=notify", "WatchdogSec=60", "Restart=always", "LimitCORE=0", "MemorySwapMax=0"]) {
    expect(text).toContain(`\n${line}\n`);
  }
  expect(text).toMatch(secrets);
});
