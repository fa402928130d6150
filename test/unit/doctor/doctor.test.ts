import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isNewEnough } from "../../../src/cli/doctor/system.ts";
import { runCli } from "../../../src/cli/program.ts";
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

  test("a missing device key sends to `doorward init`", async () => {
    await rm(join(dir, "data/device.key"));
    expect((await about("permissions", ""))[0]?.remedy).toContain("doorward init");
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
