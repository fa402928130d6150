import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCli } from "../../../src/cli/program.ts";

let dir: string;
let app: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-app-"));
  app = join(dir, "app");
  await mkdir(join(app, "assets"), { recursive: true });
  await writeFile(join(app, "index.html"), "<!doctype html>");
  await writeFile(join(app, "assets", "a-1.js"), "1");
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function doorward(...words: string[]): Promise<{ exit: number; json: Record<string, unknown> }> {
  let text = "";
  const stdout = {
    write(part: string): void {
      text += part;
    },
  };
  const world = {
    stdout,
    stderr: { write: () => {} },
    stdin: process.stdin,
    environment: {},
    signal: new AbortController().signal,
  };
  const exit = await runCli(["app", ...words, "--json"], world);
  return { exit, json: JSON.parse(text) as Record<string, unknown> };
}

async function signed(): Promise<string> {
  const { json } = await doorward("sign", app, "--key", join(dir, "key"));
  return String(json.signer);
}

describe("a signed app", () => {
  test("verifies as it was signed, again by the same key", async () => {
    const signer = await signed();
    expect(await doorward("verify", app, "--signer", signer)).toMatchObject({ exit: 0, json: { ok: true } });
    expect(await signed()).toBe(signer);
  });

  test.each([
    ["changed", "assets/a-1.js", () => writeFile(join(app, "assets", "a-1.js"), "2")],
    ["missing", "assets/a-1.js", () => rm(join(app, "assets", "a-1.js"))],
    ["not signed for", "assets/b-2.js", () => writeFile(join(app, "assets", "b-2.js"), "")],
  ])("with a file %s does not", async (what, path, tamper) => {
    const signer = await signed();
    await tamper();
    const { exit, json } = await doorward("verify", app, "--signer", signer);
    expect({ exit, differences: json.differences }).toEqual({ exit: 4, differences: [{ path, what }] });
  });

  test("by another key, with a changed signature, or by nobody does not", async () => {
    const signer = await signed();
    const other = "1".padStart(64, "0");
    expect(await doorward("verify", app, "--signer", other)).toMatchObject({ exit: 4, json: { signed: false } });
    await writeFile(join(app, "signature.json"), "{}");
    expect(await doorward("verify", app, "--signer", signer)).toMatchObject({ exit: 4, json: { signed: false } });
    await rm(join(app, "signature.json"));
    expect(await doorward("verify", app, "--signer", signer)).toMatchObject({ exit: 4, json: { signed: false } });
  });

  test("has no links in it, and is an app", async () => {
    await symlink("/etc/hostname", join(app, "link"));
    expect((await doorward("sign", app, "--key", join(dir, "key"))).exit).toBe(1);
    await rm(join(app, "link"));
    await rm(join(app, "index.html"));
    expect((await doorward("sign", app, "--key", join(dir, "key"))).exit).toBe(1);
  });
});
