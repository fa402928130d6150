import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import Database from "better-sqlite3";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bundleProgram, Daemon } from "../fakes/daemon.ts";
import { doorward } from "../fakes/doorward-command.ts";
import { freePort } from "../fakes/free-port.ts";
import { installGpiodPrograms } from "../fakes/gpiod-programs.ts";
import { lightTrace } from "../fakes/light-trace.ts";

const run = promisify(execFile);
const POLL_MS = 50;
const WITHIN_MS = 90_000;
const BELL = 17;
const CHIME = 18;
const STATUS_LED = 24;
const RECORDING_LED = 25;
/** What firmware/board/README.md and the guide say that it shows. */
const light = {
  startFailed: "_LLs_",
  bellOnly: "_ssss_",
  cameraLost: "_ss_",
  pinRefused: "_sssss_",
  microphoneLost: "LsLs",
} as const;
const cameraProgram = join(import.meta.dirname, "../fakes/camera-program.mjs");

let dir: string;
let port: number;
let daemon: Daemon | undefined;
const at = (name: string): string => join(dir, name);

const settings = (data: string, extra: string): string => `
[device]
data_dir = "${data}"
runtime_dir = "${data}-run"
clock = "trusted"
[recording]
pre_roll = "1s"
post_roll = "2s"
[broker]
port = ${port}
[web]
on = false
[log]
level = "debug"
[gpio]
driver = "gpiod"
bell_pin = ${BELL}
chime_pin = ${CHIME}
status_led_pin = ${STATUS_LED}
${extra}`;
const SMALL = "width = 160\nheight = 120\nframes_per_second = 5\n";
const PATTERN = `[camera]\n${SMALL}`;

/** A copy of the paired doorbell, on pins of its own. */
async function doorbell(extra: string): Promise<void> {
  await cp(at("door"), at("case"), { recursive: true });
  await installGpiodPrograms(at("gpiod"), "2.2.1");
  await run("mkfifo", [at(`gpiod/edges-${BELL}`)]);
  await writeFile(at("case.toml"), settings("case", extra));
}

function start(via: readonly string[] = []): Daemon {
  const environment = { PATH: `${at("gpiod")}:${process.env.PATH}`, NOTIFY_SOCKET: at("no-notify") };
  daemon = new Daemon(at("case.toml"), at("case"), { via, environment });
  return daemon;
}

/** In a mount namespace of its own, after `mounts`; no mount outlives it. */
const within = (mounts: string): string[] => [
  "unshare",
  process.getuid?.() === 0 ? "-m" : "-rm",
  ...["sh", "-ec", `${mounts}\nexec "$@"`, "sh"],
];

async function until(look: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + WITHIN_MS;
  while (!(await look())) {
    if (performance.now() > deadlineMs) throw new Error("it did not come to pass in time");
    await sleep(POLL_MS);
  }
}
const shows = (pattern: string): Promise<void> =>
  until(async () => (await lightTrace(at("gpiod"), STATUS_LED)).includes(pattern)).catch(async () => {
    throw new Error(`shown: ${await lightTrace(at("gpiod"), STATUS_LED)}, expected: ${pattern}`);
  });

async function chimesOnRing(): Promise<void> {
  const calls = (): Promise<string> => readFile(at("gpiod/calls"), "utf8");
  const before = (await calls()).length;
  await writeFile(at(`gpiod/edges-${BELL}`), "1 10.000000000\n");
  await until(async () => new RegExp(`gpioset .*${CHIME}=1`).test((await calls()).slice(before)));
}

/** The light of a doorbell whose daemon has ended for good. */
async function failedLight(): Promise<void> {
  const words = ["-e", `import(${JSON.stringify(join(import.meta.dirname, "../../.cache/scenario/doorward.mjs"))})`];
  const child = run(process.execPath, [...words, "doorward", "failed-light", "--config", at("case.toml")], {
    env: { ...process.env, PATH: `${at("gpiod")}:${process.env.PATH}` },
  });
  try {
    await shows(light.startFailed);
  } finally {
    child.child.kill();
    await child.catch(() => {});
  }
}

/** The journal's lines that a person would read. */
const complaints = (of: Daemon): string[] => of.complaint.split("\n").filter(Boolean);

async function filesOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const files = names.map(({ parentPath, name }) => join(parentPath, name)).toSorted();
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file.slice(folder.length), await readFile(file, "hex")] as const)),
  );
}

async function json(words: readonly string[]): Promise<Record<string, unknown>> {
  const { exit, out, err } = await doorward([...words, "--json"]);
  expect(exit, `${words.join(" ")}: ${err}`).toBe(0);
  return JSON.parse(out) as Record<string, unknown>;
}

const owner = (): string[] => ["--home", at("owner")];
const cameraIsOn = (): Promise<void> =>
  until(async () => (await json(["owner", "privacy", "status", ...owner()])).camera === "on");

beforeAll(async () => {
  await bundleProgram();
  dir = await mkdtemp(join(tmpdir(), "doorward-bad-"));
  port = await freePort();
  const plain = settings("door", PATTERN).replace('"gpiod"', '"simulated"');
  await writeFile(at("door.toml"), plain);
  const config = ["--config", at("door.toml")];
  await json(["init", ...config]);
  const first = new Daemon(at("door.toml"), at("door"));
  daemon = first;
  await first.says("ready");
  await json(["owner", "init", ...owner()]);
  await json(["owner", "pair", String((await json(["pair", ...config])).text), ...owner()]);
  await cameraIsOn();
  await json(["simulate", "ring", ...config]);
  await first.says("clip sealed");
  expect(await first.stop()).toBe(0);
  await rm(at("door-run"), { recursive: true, force: true });
});
afterEach(async () => {
  await daemon?.stop();
  daemon = undefined;
  for (const name of ["case", "case-run", "gpiod", "case.toml"]) await rm(at(name), { recursive: true, force: true });
});
afterAll(async () => {
  await daemon?.stop();
  await rm(dir, { recursive: true, force: true });
});

test("control: a doorbell in good order shows a steady light, tells no problem, and keeps its clip", async () => {
  await doorbell(PATTERN);
  const good = start();
  await good.says("ready");
  await until(async () => /24=1/.test(await readFile(at("gpiod/calls"), "utf8")));
  await sleep(4000);
  expect(await lightTrace(at("gpiod"), STATUS_LED)).not.toMatch(/s.*s/);
  await chimesOnRing();
  expect(await readFile(at("case-run/let-go"), "utf8")).toMatch(new RegExp(`gpioset .*${CHIME}=0\n$`));
  expect(complaints(good)).toEqual([]);
  for (const event of ["camera lost", "microphone lost", "only the bell works"]) expect(good.heard(event)).toEqual([]);
});

describe("what no restart mends ends once, with the status that systemd leaves alone, one line, and a light", () => {
  async function endsOnce(line: RegExp): Promise<void> {
    const before = await filesOf(at("case"));
    const failing = start();
    expect(await failing.ended).toBe(78);
    expect(complaints(failing)).toEqual([expect.stringMatching(line)]);
    await failedLight();
    expect(await filesOf(at("case"))).toEqual(before);
  }

  test("on another board than a Raspberry Pi", async () => {
    await doorbell(PATTERN);
    await writeFile(at("gpiod/gpiodetect"), "#!/bin/sh\necho 'gpiochip0 [sunxi-gpio] (288 lines)'\n");
    const failing = start();
    expect(await failing.ended).toBe(78);
    expect(complaints(failing)).toEqual([expect.stringMatching(/gpio\/no-chip.*Raspberry Pi/)]);
  });

  test("with a pin that something else holds", async () => {
    await doorbell(PATTERN);
    await writeFile(at(`gpiod/busy-${BELL}`), "");
    await endsOnce(/gpio\/pin-refused.*BCM 17.*busy.*nothing else uses the pin/);
  });

  test("with a lamp that something else holds, by which a visitor sees that the camera is in use", async () => {
    await doorbell(`recording_led_pin = ${RECORDING_LED}\n${PATTERN}`);
    await writeFile(at(`gpiod/busy-${RECORDING_LED}`), "");
    await endsOnce(/gpio\/pin-refused.*BCM 25.*busy.*nothing else uses the pin/);
  });

  test("with a configuration that is no TOML", async () => {
    await doorbell("[camera\n");
    await endsOnce(/config\/syntax/);
  });

  test("with a setting that there is not", async () => {
    await doorbell(`${PATTERN}brightness = 3\n`);
    await endsOnce(/config\/invalid.*brightness/);
  });

  test("with a configuration of a newer Doorward", async () => {
    await doorbell(PATTERN);
    await writeFile(at("case.toml"), `version = 99\n${await readFile(at("case.toml"), "utf8")}`);
    await endsOnce(/config\/newer.*update Doorward/);
  });
});

test("a pin that is let go while it is tried again costs nothing", async () => {
  await doorbell(PATTERN);
  await writeFile(at(`gpiod/busy-${BELL}`), "");
  const patient = start();
  await until(async () => /gpioget/.test(await readFile(at("gpiod/calls"), "utf8").catch(() => "")));
  await rm(at(`gpiod/busy-${BELL}`));
  await patient.says("ready");
  await chimesOnRing();
  expect(complaints(patient)).toEqual([]);
});

describe("it stays up, says so once and shows it,", () => {
  test("without its camera", async () => {
    await doorbell('[camera]\nsource = "v4l2"\ndevice = "/dev/video-none"\n');
    const blind = start();
    await blind.says("ready");
    await shows(light.cameraLost);
    await chimesOnRing();
    expect(await blind.says("camera lost")).toMatchObject({ todo: expect.stringMatching(/camera/i) });
    await blind.says("recording refused");
    await sleep(3000);
    expect(blind.heard("camera lost")).toHaveLength(1);
  });

  test("with a relay that something else holds: whoever rings is filmed all the same", async () => {
    await doorbell(PATTERN);
    await writeFile(at(`gpiod/busy-${CHIME}`), "");
    const mute = start();
    await mute.says("ready");
    expect(await mute.says("output pin refused")).toMatchObject({ pin: "chime", code: "gpio/pin-refused" });
    await shows(light.pinRefused);
    await writeFile(at(`gpiod/edges-${BELL}`), "1 10.000000000\n");
    await mute.says("clip opened");
    expect(mute.heard("output pin refused")).toHaveLength(1);
  });

  test("without its microphone it records the picture", async () => {
    await doorbell(
      `[camera]\n${SMALL}source = "rpicam"\nrpicam_program = "${cameraProgram}"\n[sound]\nsource = "alsa"\ndevice = "plughw:CARD=None"\n`,
    );
    const deaf = start();
    await deaf.says("ready");
    expect(await deaf.says("microphone lost")).toMatchObject({ todo: expect.stringContaining("without sound") });
    await shows(light.microphoneLost);
    const sealed = deaf.heard("clip sealed").length;
    await cameraIsOn();
    await chimesOnRing();
    await deaf.says("clip sealed", sealed + 1);
    expect(deaf.heard("camera lost")).toEqual([]);
    expect(deaf.heard("microphone lost")).toHaveLength(1);
  });

  const clipsOf = async (folder: string): Promise<Record<string, string>> => filesOf(join(folder, "vault/clips"));

  test("on a card that is read-only", async () => {
    await doorbell(PATTERN);
    const before = await filesOf(at("case"));
    const stuck = start(within(`mount --bind ${at("case")} ${at("case")}; mount -o remount,ro,bind ${at("case")}`));
    expect(await stuck.says("only the bell works")).toMatchObject({
      todo: expect.stringContaining("read-write"),
    });
    await shows(light.bellOnly);
    await chimesOnRing();
    expect(await stuck.stop()).toBe(0);
    expect(await filesOf(at("case"))).toEqual(before);
  });

  test("on a card that is full of other things; what was recorded is kept", async () => {
    await doorbell(PATTERN);
    const before = await clipsOf(at("case"));
    const fill = `mount -t tmpfs -o size=8m,mode=700 none ${at("case")}; cp -a ${at("door")}/. ${at("case")}
dd if=/dev/zero of=${at("case/other")} bs=64k 2>/dev/null || :; dd if=/dev/zero of=${at("case/more")} bs=512 2>/dev/null || :`;
    const full = start(within(fill));
    await Promise.race([full.says("only the bell works"), full.says("clip lost"), full.says("ready")]);
    await chimesOnRing();
    await shows(light.bellOnly);
    const kept = await clipsOf(`/proc/${full.pid}/root${at("case")}`);
    for (const [name, bytes] of Object.entries(before)) expect(kept[name]).toBe(bytes);
  });

  test("with a vault of a newer version, which is left as it is", async () => {
    await doorbell(PATTERN);
    const catalog = new Database(at("case/vault/catalog.db"));
    catalog.pragma("user_version = 99");
    catalog.close();
    const before = await clipsOf(at("case"));
    const old = start();
    expect(await old.says("only the bell works")).toMatchObject({ todo: expect.stringMatching(/newer|update/i) });
    await shows(light.bellOnly);
    await chimesOnRing();
    expect(await old.stop()).toBe(0);
    expect(await clipsOf(at("case"))).toEqual(before);
  });
});
