import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { nodeCrypto as crypto } from "../../../src/device/platform/node-crypto.ts";
import { openCheckpoint } from "../../../src/protocol/tlog/checkpoint.ts";
import { encodeVerifierKey, parseVerifierKey } from "../../../src/protocol/tlog/note.ts";
import { requestCosignatures } from "../../../src/witness/request-cosignatures.ts";
import { doorward } from "../../fakes/doorward-command.ts";
import { MemoryLog } from "../../fakes/memory-log.ts";
import { entriesOf } from "../../log-probes/probe.ts";
import { proofFrom } from "../witness/witness-rig.ts";

function dataDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "doorward-witness-cli-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, "witness");
}

const witness = async (words: readonly string[], data: string) => {
  const ran = await doorward(["register", "witness", ...words, "--data", data, "--json"]);
  return { ...ran, json: JSON.parse(ran.out) as Record<string, unknown> };
};

async function serving(data: string): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const stopping = new AbortController();
  let answered: (url: string) => void = () => {};
  const url = new Promise<string>((resolve) => {
    answered = resolve;
  });
  const running = doorward(["register", "witness", "serve", "--data", data, "--port", "0", "--json"], {
    signal: stopping.signal,
    onOut: (text) => answered((JSON.parse(text) as { url: string }).url),
  });
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
  };
  onTestFinished(stop);
  return { url: await url, stop };
}

describe("doorward register witness", () => {
  test("is set up, follows a log while it serves, cosigns it, and shows the fork that it was shown", async () => {
    const data = dataDir();
    const made = await witness(["init", "--name", "witness.example/w1"], data);
    const key = parseVerifierKey(crypto, String(made.json.key));
    const log = new MemoryLog(crypto, { witnesses: 0 });
    log.grow(entriesOf(0, 3));
    const fork = log.fork();
    log.grow(entriesOf(3, 2));
    fork.grow(entriesOf(3, 2, "other"));
    const { url, stop } = await serving(data);
    const ask = async (view: MemoryLog) =>
      requestCosignatures({ crypto }, await view.publish(), proofFrom(view), [{ url, key }]);
    expect((await ask(log)).failed.map(({ error }) => error.message)).toEqual([expect.stringContaining("404")]);
    expect((await witness(["add", encodeVerifierKey(log.log.key)], data)).exit).toBe(0);
    const { checkpoint } = await ask(log);
    expect(openCheckpoint(crypto, { ...log.policy, witnesses: [key], quorum: 1 }, checkpoint).size).toBe(5);
    expect((await ask(fork)).failed.map(({ error }) => error.message)).toEqual([expect.stringContaining("422")]);
    await stop();
    const shown = await doorward(["register", "witness", "show", "--data", data, "--evidence"]);
    expect(shown.out).toContain("FORKED");
    for (const view of [log, fork])
      expect(shown.out).toContain(new TextDecoder().decode(await view.publish()).trimEnd());
    expect((await witness(["show"], data)).json).toMatchObject({
      logs: [{ origin: log.log.key.name, size: 5, fork: { older: expect.any(String), newer: expect.any(String) } }],
    });
  });

  test("says what is missing, there already, or no key", async () => {
    const data = dataDir();
    const codeOf = async (words: readonly string[]): Promise<unknown> => {
      const { exit, json } = await witness(words, data);
      return [exit, (json.error as { code: string } | undefined)?.code];
    };
    expect(await codeOf(["serve"])).toEqual([5, "witness/not-initialised"]);
    expect(await codeOf(["init", "--name", "with space"])).toEqual([1, "log/key"]);
    const own = (await witness(["init", "--name", "w.example"], data)).json.key;
    expect(await codeOf(["init", "--name", "w.example"])).toEqual([1, "witness/already-initialised"]);
    expect(await codeOf(["add", "nonsense"])).toEqual([1, "log/key"]);
    expect(await codeOf(["add", String(own)])).toEqual([2, "cli/usage"]);
    expect(await codeOf(["show"])).toEqual([0, undefined]);
  });
});
