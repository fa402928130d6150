import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { refusedInputs } from "../../../src/cli/doctor/gpio.ts";
import { unwritable } from "../../../src/cli/doctor/storage.ts";
import { isNewEnough, memoryLimits } from "../../../src/cli/doctor/system.ts";
import { runCli } from "../../../src/cli/program.ts";
import { SensorError } from "../../../src/device/sensor/errors.ts";
import type { GpioDriver } from "../../../src/device/sensor/gpio-driver.ts";
import { installGpiodPrograms } from "../../fakes/gpiod-programs.ts";

interface Finding {
  readonly topic: string;
  readonly level: "ok" | "note" | "problem";
  readonly found: string;
  readonly where?: string;
  readonly remedy?: string;
}

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-doctor-"));
  await mkdir(join(dir, "data"), { mode: 0o700 });
  await writeFile(join(dir, "data/device.key"), "k".repeat(32), { mode: 0o600 });
  path = process.env.PATH ?? "";
});
afterEach(async () => {
  process.env.PATH = path;
  await rm(dir, { recursive: true });
});

/** What a healthy machine of this test says, before a case changes it. */
const healthy = `[device]\ndata_dir = "data"\nclock = "trusted"\n[storage]\nquota = "100 MB"\n`;

async function doorward(config: string, ...flags: readonly string[]): Promise<{ exit: number; out: string }> {
  await writeFile(join(dir, "door.toml"), config);
  let out = "";
  const exit = await runCli(["doctor", "--config", join(dir, "door.toml"), ...flags], {
    stdout: {
      write: (text) => {
        out += text;
      },
    },
    stderr: { write: () => {} },
    stdin: Readable.from([]),
    environment: { HOME: dir },
    signal: new AbortController().signal,
  });
  return { exit, out };
}

async function findings(config: string): Promise<readonly Finding[]> {
  const { out } = await doorward(config, "--json");
  return (JSON.parse(out) as { findings: readonly Finding[] }).findings;
}

async function about(topic: string, config: string): Promise<readonly Finding[]> {
  return (await findings(`${healthy}${config}`)).filter((finding) => finding.topic === topic);
}

async function program(name: string, text: string): Promise<string> {
  await writeFile(join(dir, name), `#!/bin/sh\n${text}\n`);
  await chmod(join(dir, name), 0o755);
  return join(dir, name);
}

async function withServer<Result>(use: (port: number, server: Server) => Promise<Result>): Promise<Result> {
  const server = createServer((socket) => socket.on("error", () => {})).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await use((server.address() as AddressInfo).port, server);
  } finally {
    server.close();
  }
}

/** The same while a daemon answers `status` in this way. */
async function beside(status: object, topic: string, config: string): Promise<readonly Finding[]> {
  const daemon = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(`${JSON.stringify(status)}\n`));
  }).listen(join(dir, "data/control.sock"));
  await once(daemon, "listening");
  try {
    return await about(topic, config);
  } finally {
    daemon.close();
    await once(daemon, "close");
  }
}

test("a machine in order has no problem, and status 0", async () => {
  const { exit, out } = await doorward(`${healthy}[broker]\nport = 0\n`, "--json");
  expect(JSON.parse(out)).toMatchObject({ ok: true });
  expect(exit).toBe(0);
});

test("whatever is not in order comes with what to do", async () => {
  const broken = `[device]\ndata_dir = "none"\nclock = "trusted"\n[camera]\nsource = "v4l2"\ndevice = "/dev/none"\n[sound]\nsource = "alsa"\n[gpio]\ndriver = "onoff"\n[broker]\nurl = "mqtt://127.0.0.1:1"\n[recording]\nffmpeg = "/none"\n`;
  const wrong = (await findings(broken)).filter(({ level }) => level !== "ok");
  expect(new Set(wrong.map(({ topic }) => topic))).toEqual(
    new Set(["ffmpeg", "camera", "sound", "gpio", "broker", "web", "disk"]),
  );
  for (const finding of wrong) expect(finding.remedy, finding.found).toMatch(/\S/);
});

test("a data directory that is missing is told once, one without a key as a matter of rights", async () => {
  const keyless = await findings(`[device]\ndata_dir = "."\nclock = "trusted"\n`);
  const wrong = keyless.filter(({ level }) => level !== "ok").map(({ topic }) => topic);
  expect(wrong).toContain("permissions");
  expect(wrong).not.toContain("disk");
});

describe("the report", () => {
  const marker = "hunter2";

  test("names no person, place, path or address, where the plain text does", async () => {
    const secretive = `[device]\nname = "${marker}"\ndata_dir = "${marker}"\nclock = "trusted"\n[camera]\nsource = "rtsp"\nurl = "rtsp://${marker}:${marker}@${marker}.invalid/${marker}"\n[sound]\nsource = "alsa"\ndevice = "${marker}"\n[chime]\nsound = "${marker}.wav"\nspeaker = "${marker}"\n[broker]\nurl = "mqtt://${marker}.invalid:1883"\nusername = "${marker}"\npassword_file = "${marker}"\n[recording]\nffmpeg = "/${marker}/ffmpeg"\nffprobe = "/${marker}/ffprobe"\n`;
    const plain = await doorward(secretive);
    const report = await doorward(secretive, "--report");
    expect(plain.out).toContain(marker);
    expect(report.out).toContain("camera");
    expect(report.out).not.toContain(marker);
    expect(report.out).not.toContain(dir);
    const asJson = await doorward(secretive, "--report", "--json");
    expect(asJson.out).not.toContain(marker);
  });

  test("hides the name of a camera's device, which may hold a serial number", async () => {
    const device = `/dev/v4l/by-id/usb-${marker}`;
    const config = `${healthy}[camera]\nsource = "v4l2"\ndevice = "${device}"\n`;
    expect((await doorward(config)).out).toContain(marker);
    expect((await doorward(config, "--report")).out).not.toContain(marker);
  });
});

describe("permissions", () => {
  test("a device key that others can read is a problem", async () => {
    await chmod(join(dir, "data/device.key"), 0o644);
    expect(await about("permissions", "")).toMatchObject([
      { level: "problem", found: "others can read the device key" },
    ]);
  });

  test("a missing device key is a matter of its partition first: `init` would make another doorbell", async () => {
    await rm(join(dir, "data/device.key"));
    const remedy = (await about("permissions", ""))[0]?.remedy;
    expect(remedy).toMatch(/^Mount its partition/);
    expect(remedy).not.toContain("doorward init");
  });

  test("a card that takes no writes is told from a user who may not write", () => {
    expect(unwritable({ code: "EROFS" }, dir)).toMatchObject({ found: "the card takes no writes" });
    expect(unwritable({ code: "EACCES" }, dir)).toMatchObject({ found: "the data directory cannot be written" });
  });
});

describe("ffmpeg", () => {
  test.each([
    ["4.4.2-0ubuntu0.22.04.1", "problem"],
    ["5.1.6-0+deb12u1", "ok"],
    ["7.1", "ok"],
  ])("version %s is %s", async (version, level) => {
    const ffmpeg = await program("ffmpeg", `echo "ffmpeg version ${version} Copyright (c)"`);
    const [finding] = await about("ffmpeg", `[recording]\nffmpeg = "${ffmpeg}"\n`);
    expect(finding).toMatchObject({ level, found: `ffmpeg ${version}` });
  });
});

describe("the broker", () => {
  test("whose port another program has is a problem", async () => {
    await withServer(async (port) => {
      expect(await about("broker", `[broker]\nport = ${port}\n`)).toMatchObject([
        { level: "problem", found: "own: its port is taken" },
      ]);
    });
  });

  test("that cannot be reached is a problem", async () => {
    const port = await withServer(async (free) => free);
    expect(await about("broker", `[broker]\nurl = "mqtt://127.0.0.1:${port}"\n`)).toMatchObject([
      { level: "problem", found: "existing one: cannot be reached" },
    ]);
  });

  test("that answers and refuses the login is a problem of its own", async () => {
    await withServer(async (port, server) => {
      // CONNACK with return code 5: not authorised.
      server.on("connection", (socket) => socket.once("data", () => socket.end(Buffer.from([0x20, 2, 0, 5]))));
      await writeFile(join(dir, "password"), "wrong\n");
      const config = `[broker]\nurl = "mqtt://127.0.0.1:${port}"\nusername = "door"\npassword_file = "password"\n`;
      expect(await about("broker", config)).toMatchObject([
        { level: "problem", found: "existing one: answers, but does not let us in" },
      ]);
    });
  });

  test("that lets us in is fine", async () => {
    await withServer(async (port, server) => {
      server.on("connection", (socket) => socket.once("data", () => socket.write(Buffer.from([0x20, 2, 0, 0]))));
      const config = `[broker]\nurl = "mqtt://127.0.0.1:${port}"\nusername = "door"\n`;
      expect(await about("broker", config)).toMatchObject([{ level: "ok", found: "existing one: lets us in" }]);
    });
  });
});

test("a broker's login that only the unit can read is no problem", async () => {
  await withServer(async (port) => {
    const config = `[broker]\nurl = "mqtt://127.0.0.1:${port}"\nusername = "home"\npassword_file = "/run/credentials/doorward.service/secrets_none"\n`;
    expect(await about("broker", config)).toMatchObject([{ level: "ok" }]);
    expect(await beside({ ok: true, link: "up" }, "broker", config)).toMatchObject([
      { level: "ok", found: "existing one: lets the daemon in" },
    ]);
    expect(await beside({ ok: true, link: "down" }, "broker", config)).toMatchObject([
      { level: "problem", found: "existing one: answers, but does not let us in" },
    ]);
  });
});

describe("beside a running daemon", () => {
  test("what it says of camera and microphone is told", async () => {
    const status = { ok: true, cameraLost: { code: "busy", todo: "End it." }, microphoneLost: true };
    const camera = `[camera]\nsource = "v4l2"\ndevice = "${dir}"\n[sound]\nsource = "alsa"\ndevice = "plughw:CARD=Mic"\n`;
    expect(await beside(status, "camera", camera)).toMatchObject([
      { level: "problem", found: "v4l2: gives no picture (busy)", remedy: "End it." },
    ]);
    expect(await beside(status, "sound", camera)).toMatchObject([
      { level: "problem", found: "the microphone is lost" },
    ]);
    expect(await beside({ ok: true }, "camera", camera)).toMatchObject([{ level: "ok" }]);
  });

  test("of which only the bell works is a problem, with its remedy", async () => {
    const status = { ok: false, error: "why", failure: { code: "vault/newer", todo: "Update." } };
    expect(await beside(status, "daemon", "")).toMatchObject([
      { level: "problem", found: "only the bell works: vault/newer", remedy: "Update." },
    ]);
    expect(await beside({ ok: true }, "daemon", "")).toMatchObject([{ level: "ok", found: "running" }]);
  });
});

describe("the ribbon camera", () => {
  test.each([
    ["echo '0 : imx219 [3280x2464]'", "ok"],
    ["echo 'No cameras available!'", "problem"],
  ])("%s is %s", async (says, level) => {
    const config = `[camera]\nsource = "rpicam"\nrpicam_program = "${await program("rpicam", says)}"\n`;
    expect(await about("camera", config)).toMatchObject([{ level }]);
  });

  test("without its program sends to apt", async () => {
    const config = `[camera]\nsource = "rpicam"\nrpicam_program = "${dir}/none"\n`;
    expect(await about("camera", config)).toMatchObject([{ found: "rpicam: its program is missing" }]);
  });
});

test.each([
  ["plughw:CARD=Device,DEV=0", "ok"],
  ["plughw:1", "ok"],
  ["hw:Device,0", "ok"],
  ["plughw:CARD=Gone,DEV=0", "problem"],
  ["hw:2,0", "problem"],
])("the microphone %s is %s", async (device, level) => {
  await program(
    "arecord",
    'case "$1" in -l) echo "card 1: Device [USB], device 0: Audio" ;; *) printf "null\\n    -\\n" ;; esac',
  );
  process.env.PATH = `${dir}:${path}`;
  expect(
    await about("sound", `[camera]\nsource = "v4l2"\n[sound]\nsource = "alsa"\ndevice = "${device}"\n`),
  ).toMatchObject([{ level }]);
});

test("a kernel without the memory controller is told", async () => {
  await writeFile(join(dir, "controllers"), "cpuset cpu io pids\n");
  expect(await memoryLimits(join(dir, "controllers"))).toMatchObject([{ found: "memory limits are off" }]);
  await writeFile(join(dir, "controllers"), "cpuset cpu io memory pids\n");
  expect(await memoryLimits(join(dir, "controllers"))).toEqual([]);
  expect(await memoryLimits(join(dir, "none"))).toEqual([]);
});

describe("the web server", () => {
  test("says what phones still miss, and what is off", async () => {
    expect(await about("web", "[web]\non = false\n")).toMatchObject([{ level: "ok" }]);
    expect(await about("web", "")).toMatchObject([{ level: "note", found: "reachable from this machine only" }]);
    expect(await about("web", '[web]\nhost = "0.0.0.0"\n')).toMatchObject([
      { level: "note", found: "has no name of its own: this machine's is used" },
    ]);
    expect(await about("web", '[web]\nhost = "0.0.0.0"\nnames = ["bell.local"]\n')).toMatchObject([{ level: "ok" }]);
  });

  test("with a certificate that cannot be read, or without its app, is a problem", async () => {
    const config = '[web]\nhost = "0.0.0.0"\nnames = ["bell.local"]\ncert = "none"\nkey = "none"\napp = "none"\n';
    expect((await about("web", config)).map(({ level }) => level)).toEqual(["problem", "problem"]);
  });
});

describe("GPIO", () => {
  test("an input that something else holds is named, and nothing stays open", async () => {
    let isOpen = false;
    const driver: GpioDriver = {
      start: async () => {
        isOpen = true;
      },
      input: async (name) => {
        if (name === "pairing") throw new SensorError("gpio/pin-refused", "busy");
        return null;
      },
      output: () => Promise.reject(new Error("a relay would click")),
      letGo: () => null,
      stop: async () => {
        isOpen = false;
      },
    };
    expect(await refusedInputs(driver, new AbortController().signal)).toMatchObject([
      { level: "problem", found: "the input pairing is refused" },
    ]);
    expect(isOpen).toBe(false);
  });

  test("is found by chip label through gpiodetect, and its rights are looked at", async () => {
    await installGpiodPrograms(dir, "2.2.1");
    process.env.PATH = `${dir}:${path}`;
    const [finding] = await about("gpio", '[gpio]\ndriver = "gpiod"\n');
    // No /dev/gpiochip4 here: the header is known, its device is not usable.
    expect(finding).toMatchObject({
      level: "problem",
      found: "gpiochip4 is the header, 8 pins in use, but no permission to use them",
    });
  });

  test("without the programs sends to apt", async () => {
    process.env.PATH = dir;
    const [finding] = await about("gpio", '[gpio]\ndriver = "gpiod"\n');
    expect(finding).toMatchObject({ level: "problem", remedy: expect.stringContaining("apt install gpiod") });
  });
});

test.each([
  ["20.18.3", false],
  ["20.19.0", true],
  ["18.20.0", false],
  ["24.1.0", true],
])("Node %s is new enough: %s", (version, enough) => {
  expect(isNewEnough(version)).toBe(enough);
});
