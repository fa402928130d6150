import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningMailbox, startMailbox } from "../../src/mailbox/mailbox.ts";
import { doorward, type Ran } from "../fakes/doorward-command.ts";

const POLL_MS = 200;
const DAEMON_READY_WITHIN_MS = 30_000;

let dir: string;
let mailbox: RunningMailbox;
let daemon: Promise<Ran>;
const stop = new AbortController();
const at = (name: string): string => join(dir, name);
const config = (): string[] => ["--config", at("door.toml")];
const owner = (...words: string[]): string[] => ["owner", ...words, "--home", at("owner")];
const recipient = (...words: string[]): string[] => ["recipient", ...words, "--home", at("recipient")];

async function json(words: readonly string[]): Promise<Record<string, unknown>> {
  const { exit, out, err } = await doorward([...words, "--json"]);
  expect(exit, `${words.join(" ")}: ${err}`).toBe(0);
  return JSON.parse(out) as Record<string, unknown>;
}

async function until<T>(withinMs: number, look: () => Promise<T | null>): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadline) throw new Error("it did not come to pass in time");
    await sleep(POLL_MS);
  }
}

async function sealedClip(): Promise<string> {
  return until(60_000, async () => {
    const clips = (await json(owner("clips"))) as unknown as { clip: string; state: string }[];
    return clips.find(({ state }) => state === "sealed")?.clip ?? null;
  });
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-cli-"));
  mailbox = await startMailbox({ host: "127.0.0.1", port: 0 });
  const settings = [
    '[device]\ndata_dir = "door"\nclock = "trusted"',
    "[camera]\nwidth = 320\nheight = 240",
    '[recording]\npre_roll = "2s"\npost_roll = "3s"',
    "[broker]\nport = 0",
    '[sharing]\nundo_window = "3s"',
    '[log]\nlevel = "silent"',
  ];
  await writeFile(at("door.toml"), settings.join("\n"));
});
afterAll(async () => {
  stop.abort();
  await daemon;
  await mailbox.stop();
  await rm(dir, { recursive: true });
});

describe("an owner and a recipient with nothing but the command line", () => {
  test("a doorbell is set up, started and paired", async () => {
    await json(["init", ...config()]);
    daemon = doorward(["run", ...config()], { signal: stop.signal });
    const pairing = await until(DAEMON_READY_WITHIN_MS, async () => {
      const { exit, out } = await doorward(["pair", ...config(), "--json"]);
      return exit === 0 ? (JSON.parse(out) as { text: string }) : null;
    });
    await json(owner("init"));
    expect((await stat(at("owner"))).mode & 0o777).toBe(0o700);
    expect(await json(owner("pair", pairing.text))).toMatchObject({ ok: true, role: "owner" });
  });

  test("a ring becomes a clip that the owner lists and opens as an MP4 from zero on", async () => {
    await until(DAEMON_READY_WITHIN_MS, async () => {
      const { camera } = await json(owner("privacy", "status"));
      return camera === "on" ? true : null;
    });
    await json(["simulate", "ring", ...config()]);
    await sealedClip();
    const table = await doorward(owner("clips"));
    expect(table.out).toMatch(/^CLIP +WHEN +WHAT +LENGTH +SIZE/);
    expect(table.out).toMatch(/^[0-9a-f]{8} {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}ring +\d\.\d s +\d/m);
    expect(await json(owner("open", "last", "--out", at("clip.mp4")))).toMatchObject({
      ok: true,
      trigger: "ring",
      gaps: [],
    });
    const probe = await promisify(execFile)("ffprobe", [
      "-v",
      "error",
      "-show_entries",
      "format=start_time",
      "-of",
      "csv=p=0",
      at("clip.mp4"),
    ]);
    expect(Number(probe.stdout)).toBe(0);
  });

  test("without a yes nothing is signed, and what would be shared was shown", async () => {
    await json(recipient("init", "--name", "Anna, next door", "--mailbox", mailbox.url));
    const { fingerprint } = await json(recipient("card", "--out", at("anna.card")));
    const wish = owner("consent", "last", "--to", at("anna.card"), "--seconds", "1-4");
    const { exit, err } = await doorward(wish, { input: "\n" });
    expect(exit).toBe(7);
    expect(err).toContain("Anna, next door");
    expect(err).toContain("stays home");
    expect(err.replaceAll(" ", "")).toContain(String(fingerprint).slice(0, 32));
    expect(await json(owner("shares"))).toEqual([]);
  });

  test("a share that is undone in time leaves nothing", async () => {
    const { token } = await json(owner("consent", "last", "--to", at("anna.card"), "--seconds", "1-4", "--yes"));
    expect(await json(owner("undo", String(token).slice(0, 8)))).toMatchObject({ ok: true, was: "undo-window" });
    expect(await json(owner("shares"))).toEqual([]);
    const again = await doorward(owner("undo", String(token)));
    expect(again.exit).toBe(3);
  });

  test("a share whose inbox nobody reaches is saved and carried by hand, once it may leave and as long as it may", async () => {
    const carl = (...words: string[]): string[] => ["recipient", ...words, "--home", at("carl")];
    await json(carl("init", "--name", "Carl, far away", "--mailbox", "mqtt://127.0.0.1:1"));
    await json(carl("card", "--out", at("carl.card")));
    const { token } = await json(owner("consent", "last", "--to", at("carl.card"), "--seconds", "1-4", "--yes"));
    const save = owner("save", String(token).slice(0, 8), "--out", at("carried.tar"));
    const early = await doorward(save);
    expect(early.exit).toBe(5);
    expect(early.err).toContain("can still be undone");
    await expect(stat(at("carried.tar"))).rejects.toThrow("ENOENT");
    await until(30_000, async () => ((await doorward(save)).exit === 0 ? true : null));
    expect(await json(carl("verify", at("carried.tar")))).toMatchObject({
      verdict: "ok",
      text: expect.stringContaining("sound withheld"),
    });
    await json(owner("revoke", String(token)));
    expect((await doorward(save)).err).toContain("the share is revoked");
  });

  test("a consent becomes a share that the recipient verifies and opens", async () => {
    const consent = await json(owner("consent", "last", "--to", at("anna.card"), "--seconds", "1-4", "--yes"));
    const received = await json(recipient("receive", "--once", "--timeout", "60"));
    expect(received).toMatchObject({
      ok: true,
      verdict: "ok",
      text: expect.stringMatching(/^ok: fragments .* sound withheld, clock synced$/),
    });
    const { text, durationMs } = await json(recipient("open", String(received.file), "--out", at("shared.mp4")));
    expect(text).toBe(received.text);
    const [from, to] = consent.range as [number, number];
    expect(durationMs).toBeCloseTo((to - from) * 1000, -1);
    await until(30_000, async () => {
      const shares = (await json(owner("shares"))) as unknown as { token: string; state: string }[];
      return shares.some(({ token, state }) => token === consent.token && state === "delivered") ? true : null;
    });
    const late = await doorward(owner("save", String(consent.token), "--out", at("late.tar")));
    expect(late.err).toContain("the recipient has it already");
    const audit = await json(owner("audit"));
    expect(audit).toMatchObject({ ok: true });
    expect(JSON.stringify(audit), "who paired first can be read by them").toContain(`"kind":"pairing"`);
  });

  test("a share with one byte changed is named and not opened", async () => {
    const [name = ""] = await readdir(at("recipient/shares"));
    const damaged = await readFile(join(at("recipient/shares"), name));
    damaged[damaged.length - 2000] = (damaged[damaged.length - 2000] ?? 0) ^ 1;
    await writeFile(at("damaged.tar"), damaged);
    const { exit, out } = await doorward(recipient("verify", at("damaged.tar"), "--json"));
    expect(exit).toBe(4);
    expect(JSON.parse(out)).toMatchObject({ ok: false, verdict: expect.stringMatching(/^(shape|ciphertext-hash)$/) });
    const opened = await doorward(recipient("open", at("damaged.tar"), "--out", at("never.mp4")));
    expect(opened.exit).toBe(4);
    await expect(stat(at("never.mp4"))).rejects.toThrow("ENOENT");
  });

  test("with a quorum of two, nothing leaves until a second owner has signed the same", async () => {
    const bert = (...words: string[]): string[] => ["owner", ...words, "--home", at("bert")];
    await json(bert("init"));
    let invitation: Promise<Ran> | undefined;
    const code = await new Promise<string>((resolve) => {
      invitation = doorward(owner("household", "invite", "--role", "owner", "--yes", "--json"), {
        onNote: (text) => /doorward:[\w-]+/.test(text) && resolve(text.trim()),
      });
    });
    expect(await json(bert("pair", code))).toMatchObject({ role: "waiting" });
    expect(await invitation).toMatchObject({ exit: 0 });
    expect(await json(owner("household", "quorum", "2"))).toMatchObject({ outcome: "applied" });

    const consent = await json(owner("consent", "last", "--to", at("anna.card"), "--seconds", "1-4", "--yes"));
    expect(consent).toMatchObject({ outcome: "waiting", missingSigners: 1 });
    const token = String(consent.token);
    const asked = await doorward(bert("approve", token), { input: "n\n" });
    expect(asked.exit, asked.err).toBe(7);
    expect(asked.err).toContain("Anna, next door");
    expect(asked.err).toContain("you cannot look at this clip");
    expect(await json(bert("approve", token, "--yes"))).toMatchObject({ outcome: "undo-window" });
    expect(await json(bert("undo", token))).toMatchObject({ was: "undo-window" });

    expect(await json(owner("recovery", "set"))).toMatchObject({ missing: 1 });
    expect(await json(owner("recovery", "show"))).toMatchObject({ registered: false });
    expect(await json(owner("recovery", "approve", "--yes"))).toMatchObject({ signed: [] }); // one's own does not count twice
    expect(await json(bert("recovery", "approve", "--yes"))).toMatchObject({
      signed: [{ removes: false, missing: 0 }],
    });
    expect(await json(owner("recovery", "show"))).toMatchObject({ registered: true, footage: false });

    const [, member] = (await json(owner("household", "list"))).members as { member: string }[];
    expect((await doorward(owner("household", "remove", String(member?.member), "--yes"))).err).toContain(
      "quorum of 2",
    );
    expect(await json(owner("household", "quorum", "1"))).toMatchObject({ outcome: "waiting", missing: 1 });
    expect(await json(bert("household", "approve", "--yes"))).toMatchObject({ signed: [{ outcome: "applied" }] });
    expect(await json(owner("household", "remove", String(member?.member), "--yes"))).toMatchObject({
      outcome: "applied",
    });
  });

  test("privacy mode is told, pinning is shown, an erased clip is gone", async () => {
    expect(await json(owner("privacy", "on"))).toMatchObject({ privacy: true });
    expect(await json(owner("privacy", "status"))).toMatchObject({ privacy: true, camera: "privacy" });
    await json(owner("pin", "last"));
    expect((await doorward(owner("clips"))).out).toContain("pinned");
    await json(owner("erase", "last", "--yes"));
    expect(await json(owner("clips"))).toEqual([]);
  });

  test("check beside a running daemon is refused; after its end all is well", async () => {
    expect((await doorward(["check", ...config()])).err).toContain("Stop the daemon first");
    stop.abort();
    expect((await daemon).exit).toBe(0);
    expect(await json(["check", ...config()])).toMatchObject({ ok: true, findings: [] });
  });
});
