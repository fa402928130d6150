import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Options } from "../../src/cli/options.ts";
import { OwnerHome } from "../../src/cli/owner-home.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { openClipSeed } from "../../src/owner/clip-seed.ts";
import { decodeClipHead } from "../../src/protocol/clip-file.ts";
import { bundleProgram, Daemon } from "../fakes/daemon.ts";
import { doorward } from "../fakes/doorward-command.ts";
import { freePort } from "../fakes/free-port.ts";
import { installGpiodPrograms } from "../fakes/gpiod-programs.ts";

const run = promisify(execFile);
const POST_ROLL_MS = 3000;
/** From the trigger on, a clip that nothing extended: the post-roll and what is left of its last fragment. */
const PLAIN_CLIP_MS = POST_ROLL_MS + 1300;
/** Until the end of a press has been told from its bounce, on a busy machine too. */
const RELEASE_MS = 400;
const RESET_HOLD_MS = 5000;
const POLL_MS = 20;
const WITHIN_MS = 60_000;

let dir: string;
let port: number;
let daemon: Daemon;
const at = (name: string): string => join(dir, name);
const config = (): string[] => ["--config", at("door.toml")];
const owner = (...words: string[]): string[] => ["owner", ...words, "--home", at("owner")];

const settings = (changes: Readonly<Record<string, string>> = {}): string => `
[device]
data_dir = "door"
clock = "trusted"
[camera]
width = 160
height = 120
frames_per_second = 5
[recording]
pre_roll = "1s"
post_roll = "${POST_ROLL_MS}ms"
[chime]
relay_pulse = "1s"
again_after = "0s"
[button]
reset_hold = "${RESET_HOLD_MS}ms"
[broker]
port = ${port}
[storage]
keep = "${changes.keep ?? "14d"}"
[log]
level = "debug"
`;

async function json(words: readonly string[]): Promise<Record<string, unknown>> {
  const { exit, out, err } = await doorward([...words, "--json"]);
  expect(exit, `${words.join(" ")}: ${err}`).toBe(0);
  return JSON.parse(out) as Record<string, unknown>;
}

async function until<T>(look: () => Promise<T | null | false>): Promise<T> {
  const deadlineMs = performance.now() + WITHIN_MS;
  for (;;) {
    const found = await look();
    if (found !== null && found !== false) return found;
    if (performance.now() > deadlineMs) throw new Error("it did not come to pass in time");
    await sleep(POLL_MS);
  }
}

const startDaemon = (): Daemon => new Daemon(at("door.toml"), at("door"));

async function restart(): Promise<void> {
  daemon = startDaemon();
  await daemon.says("ready");
}

const simulate = (...words: string[]): Promise<unknown> => json(["simulate", ...words, ...config()]);

/** Rings, and settles once the chime's relay has pulled. */
async function ringAndChime(): Promise<void> {
  await until(async () => !(await daemon.isOn("chime")));
  await simulate("ring");
  await until(() => daemon.isOn("chime"));
}

/** How the status LED behaves for some seconds: the part of the time that it is lit, and its longest dark span. */
async function statusLight(): Promise<{ readonly litPart: number; readonly longestDarkMs: number }> {
  const startMs = performance.now();
  let lit = 0;
  let looks = 0;
  let litAtMs = startMs;
  let longestDarkMs = 0;
  while (performance.now() - startMs < 4000) {
    looks += 1;
    if (await daemon.isOn("statusLed")) {
      lit += 1;
      litAtMs = performance.now();
    }
    longestDarkMs = Math.max(longestDarkMs, performance.now() - litAtMs);
    await sleep(POLL_MS);
  }
  return { litPart: lit / looks, longestDarkMs };
}

interface Clip {
  readonly clip: string;
  readonly state: string;
  readonly closed: string;
}

const clips = async (): Promise<readonly Clip[]> => (await json(owner("clips"))) as unknown as Clip[];
const openLast = (): Promise<Record<string, unknown>> => json(owner("open", "last", "--out", at("clip.mp4")));

async function cameraIs(state: string): Promise<void> {
  await until(async () => (await json(owner("privacy", "status"))).camera === state);
}

/** Rings; `meanwhile` happens while it is recorded. Settles when the clip is sealed. */
async function recorded(meanwhile: () => Promise<unknown> = () => Promise.resolve()): Promise<Record<string, unknown>> {
  const before = daemon.heard("clip sealed").length;
  const opened = daemon.heard("clip opened").length;
  await simulate("ring");
  await daemon.says("clip opened", opened + 1);
  await meanwhile();
  await daemon.says("clip sealed", before + 1);
  return openLast();
}

beforeAll(async () => {
  await bundleProgram();
  dir = await mkdtemp(join(tmpdir(), "doorward-daemon-"));
  port = await freePort();
  await writeFile(at("door.toml"), settings());
  await json(["init", ...config()]);
});
afterAll(async () => {
  await daemon.stop();
  await rm(dir, { recursive: true });
});

describe("a doorbell from its first ring to its factory reset", () => {
  test("with nobody paired and its broker's port taken: it chimes, refuses to record, and its light says why", async () => {
    const squatter = createServer().listen(port, "127.0.0.1");
    await once(squatter, "listening");
    await restart();
    expect(daemon.heard("home broker cannot listen")).toMatchObject([{ code: "link/broker-port" }]);
    await until(async () => {
      await ringAndChime();
      return daemon.heard("recording refused").some(({ reason }) => reason === "no-member");
    });
    expect(await daemon.isOn("recordingLed")).toBe(false);
    const { litPart, longestDarkMs } = await statusLight();
    expect(litPart).toBeGreaterThan(0);
    expect(longestDarkMs).toBeGreaterThan(1500);
    expect(await readdir(at("door/vault/clips"))).toEqual([]);
    squatter.close();
    expect(await daemon.stop()).toBe(0);
  });

  test("paired, it is content and records", async () => {
    await restart();
    const { text } = await json(["pair", ...config()]);
    await json(owner("init"));
    await json(owner("pair", String(text)));
    await cameraIs("on");
    expect((await statusLight()).litPart).toBe(1);
    const clip = await recorded(() => until(() => daemon.isOn("recordingLed")));
    expect(clip).toMatchObject({ trigger: "ring", closed: "full", retriggersMs: [], gaps: [] });
    expect(Number(clip.durationMs) - Number(clip.preRollMs)).toBeLessThan(PLAIN_CLIP_MS);
  });

  test("two rings and a movement within one clip are one clip, longer, that knows of each", async () => {
    const before = (await clips()).length;
    const extended = daemon.heard("clip extended").length;
    const clip = await recorded(async () => {
      await until(async () => !(await daemon.isOn("bell")));
      await sleep(RELEASE_MS);
      await simulate("ring");
      await daemon.says("clip extended", extended + 1);
      await sleep(POST_ROLL_MS / 3);
      await simulate("motion");
      await daemon.says("clip extended", extended + 2);
    });
    expect(await clips()).toHaveLength(before + 1);
    expect(clip).toMatchObject({
      trigger: "ring",
      closed: "full",
      retriggersMs: [expect.any(Number), expect.any(Number)],
    });
    expect(Number(clip.durationMs) - Number(clip.preRollMs)).toBeGreaterThan(PLAIN_CLIP_MS);
  });

  test("told to end while it records, it leaves a clip that is closed as cut and opens", async () => {
    const opened = daemon.heard("clip opened").length;
    await simulate("ring");
    await daemon.says("clip opened", opened + 1);
    await sleep(1000);
    expect(await daemon.stop()).toBe(0);
    await restart();
    expect((await clips())[0]).toMatchObject({ state: "sealed", closed: "cut" });
    expect(await openLast()).toMatchObject({ ok: true, closed: "cut", gaps: [] });
    const probe = ["-v", "error", "-show_entries", "stream=codec_type", "-of", "csv=p=0", at("clip.mp4")];
    expect((await run("ffprobe", probe)).stdout).toContain("video");
  });

  test("privacy mode ends camera and microphone, is shown, and outlives a restart; the bell chimes all the same", async () => {
    await cameraIs("on");
    expect(daemon.children()).toContain("ffmpeg");
    await json(owner("privacy", "on"));
    expect(daemon.children()).not.toContain("ffmpeg");
    const shown = await statusLight();
    expect(shown.litPart).toBeGreaterThan(0.75);
    expect(shown.litPart).toBeLessThan(1);
    expect(await daemon.stop()).toBe(0);
    await restart();
    await ringAndChime();
    await daemon.says("recording refused");
    expect(daemon.heard("recording refused")).toMatchObject([{ reason: "camera-off" }]);
    expect(daemon.children()).not.toContain("ffmpeg");
    await cameraIs("privacy");
    await json(owner("privacy", "off"));
    await cameraIs("on");
    expect(daemon.children()).toContain("ffmpeg");
    expect((await statusLight()).litPart).toBe(1);
  });

  test("a wrong configuration changes nothing while it runs; a right one does", async () => {
    await writeFile(at("door.toml"), settings({ keep: "two weeks" }));
    daemon.signal("SIGHUP");
    expect(await daemon.says("configuration kept")).toMatchObject({ code: "config/invalid" });
    await writeFile(at("door.toml"), settings({ keep: "3d" }));
    await ringAndChime();
    daemon.signal("SIGHUP");
    expect(await daemon.says("configuration reloaded")).toMatchObject({ changed: "storage.keep", restart: "" });
    await daemon.says("clip sealed");
  });

  test("a factory reset forgets everybody; old clips stay, open for no key of anybody, and the log is unbroken", async () => {
    const [newest] = await clips();
    const head = async () =>
      decodeClipHead(nodeCrypto, await readFile(at(`door/vault/clips/${newest?.clip ?? ""}.clip`)));
    const { store } = new OwnerHome({ options: new Options({ home: at("owner") }), environment: {} });
    expect(openClipSeed(nodeCrypto, await store.read(), await head())).toHaveLength(32);

    await simulate("hold", "--ms", String(RESET_HOLD_MS + 500));
    await daemon.says("factory reset");
    expect((await doorward(owner("clips"))).exit).toBe(6);
    const [after, state] = [await head(), await store.read()];
    expect(() => openClipSeed(nodeCrypto, state, after)).toThrow(expect.objectContaining({ code: "owner/no-key" }));

    const next = (...words: string[]): string[] => ["owner", ...words, "--home", at("next")];
    await json(next("init"));
    await json(next("pair", String((await json(["pair", ...config()])).text)));
    expect(await json(next("clips"))).toMatchObject([{ clip: newest?.clip, note: "not sealed for you" }, {}, {}, {}]);
    const opened = await doorward(next("open", "last", "--out", at("never.mp4"), "--json"));
    expect(JSON.parse(opened.out)).toMatchObject({ error: { code: "owner/no-key" } });
    expect(await json(next("audit"))).toMatchObject({ ok: true, verdict: "ok" });
    expect(await daemon.stop()).toBe(0);
    expect(await json(["check", ...config()])).toMatchObject({ ok: true, findings: [] });
  });
});

describe("a doorbell whose folder is not what it should be", () => {
  /** Not even root may write what it has no right to write. */
  const asOrdinaryUser = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] : [];
  const pins = ["bell", "chime"].map((name, i) => `${name}_pin = ${17 + i}`).join("\n");
  const broken = (name: string): string => join(dir, name);

  test("on a card that takes no writes any more it chimes, and says what to do; nothing on the card has changed", async () => {
    await installGpiodPrograms(broken("gpiod"), "2.2.1");
    await run("mkfifo", [broken("gpiod/edges-17")]);
    await writeFile(broken("gpiod.toml"), `${settings()}\n[gpio]\ndriver = "gpiod"\n${pins}\n`);
    await run("chmod", ["-R", "a-w", at("door")]);
    const environment = { PATH: `${broken("gpiod")}:${process.env.PATH}` };
    daemon = new Daemon(broken("gpiod.toml"), at("door"), { via: asOrdinaryUser, environment });
    expect(await daemon.says("only the bell works")).toMatchObject({ todo: expect.stringContaining("read-write") });
    const calls = (): Promise<string> => readFile(broken("gpiod/calls"), "utf8");
    const before = (await calls()).length;
    await writeFile(broken("gpiod/edges-17"), "1 10.000000000\n");
    await until(async () => /gpioset .*18=1/.test((await calls()).slice(before)));
    expect(await daemon.stop()).toBe(0);
    await run("chmod", ["-R", "u+w", at("door")]);
    expect(await json(["check", ...config()])).toMatchObject({ ok: true, findings: [] });
  });

  test("without its key it ends and says what to do", async () => {
    await rename(at("door/device.key"), at("device.key"));
    daemon = startDaemon();
    expect(await daemon.ended).toBe(5);
    expect(daemon.complaint).toContain("doorward init");
    await rename(at("device.key"), at("door/device.key"));
  });
});
