import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { askDaemon } from "../../../src/cli/control-client.ts";
import { configFrom } from "../../../src/device/config/config.ts";
import { readConfig } from "../../../src/device/config/read-config.ts";
import { Device } from "../../../src/device/device.ts";
import { createDeviceKeys } from "../../../src/device/device-keys.ts";
import { type Log, type LogFields, silentLog } from "../../../src/device/platform/logger.ts";
import { RETRY_MS } from "../../../src/device/retried-part.ts";
import { SimulatedDriver } from "../../../src/device/sensor/simulated-driver.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

const RESET_MS = 5000;
/** Real files and sockets do not know of the fake clock. */
const WITHIN = { timeout: 10_000 };
const settings = `
[device]
data_dir = "."
runtime_dir = "run"
[camera]
source = "file"
file = "no-such-film.mp4"
[button]
reset_hold = "5s"
[broker]
port = 0
[web]
on = false
`;

/** There is no film: its camera is lost sooner or later. */
const WATCHES = /^(watching the door|the bell works, the camera gives no picture)$/;

/** A doorbell in a folder of its own that a test has damaged before it starts. */
async function doorbellIn(damage: (dir: string) => void, text = settings) {
  const dir = await mkdtemp(join(tmpdir(), "doorward-device-"));
  await createDeviceKeys(dir);
  damage(dir);
  const clock = new FakeClock();
  const driver = new SimulatedDriver(clock);
  const errors: (LogFields & { readonly event: string })[] = [];
  const statuses: string[] = [];
  const log: Log = { ...silentLog, error: (event, fields) => void errors.push({ event, ...fields }) };
  const device = new Device(configFrom(readConfig(text).values, dir), log, {
    clock,
    driver,
    onStatus: (status) => void statuses.push(status),
  });
  const ending = new AbortController();
  onTestFinished(async () => {
    ending.abort();
    await device.stop();
    await rm(dir, { recursive: true });
  });
  return {
    dir,
    clock,
    driver,
    device,
    errors,
    statuses,
    start: () => device.start(ending.signal),
    /** Whether the chime's relay pulls after the bell was pressed. */
    async rings(): Promise<boolean> {
      await clock.advance(10_000);
      driver.press("bell", 200);
      await clock.advance(50);
      const isPulling = driver.level("chime") === 1;
      await clock.advance(1000);
      return isPulling;
    },
    /** The status LED over two seconds, `#` where it was lit for 50 ms. */
    async statusLight(): Promise<string> {
      let picture = "";
      for (let passed = 0; passed < 2000; passed += 50) {
        picture += driver.level("statusLed") === 1 ? "#" : ".";
        await clock.advance(50);
      }
      return picture;
    },
  };
}

const status = (dataDir: string) => askDaemon({ dataDir }, { op: "status" }, new AbortController().signal);

const FOUR_FLASHES = /(###\.{3}){3}###\.{19}/;

const writeGarbage = (path: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "garbage");
};

describe("the bell chimes, shows it, says what to do, and leaves the file as it is", () => {
  test.each([
    ["with a broken household file", "link/household.json", "link/household-damaged"],
    ["with a ledger that is no database", "ledger.db", "audit/ledger-damaged"],
    ["where clips cannot be kept", "vault", "ENOTDIR"],
  ])("%s", async (_what, file, code) => {
    const { start, rings, statusLight, errors, statuses, dir } = await doorbellIn((folder) =>
      writeGarbage(join(folder, file)),
    );
    await start();
    expect(await rings()).toBe(true);
    expect((await statusLight()).repeat(2)).toMatch(FOUR_FLASHES);
    expect(errors).toMatchObject([{ event: "only the bell works", code, todo: expect.stringMatching(/\.$/) }]);
    expect(statuses).toEqual([`only the bell works: ${code}`]);
    expect(readFileSync(join(dir, file), "utf8")).toBe("garbage");
  });

  test("with a pending store that cannot be read: only sharing is missing", async () => {
    const { start, rings, statuses, errors, dir } = await doorbellIn((folder) =>
      writeGarbage(join(folder, "pending.bin")),
    );
    await start();
    expect(statuses[0]).toMatch(WATCHES);
    expect(errors).toMatchObject([{ event: "nothing can be shared", code: "consent/pending-damaged" }]);
    expect(await rings()).toBe(true);
    expect(readFileSync(join(dir, "pending.bin"), "utf8")).toBe("garbage");
  });
});

test("control: a doorbell in good order watches the door, and no error is told", async () => {
  const { start, rings, statuses, errors, driver } = await doorbellIn(() => {});
  await start();
  expect(await rings()).toBe(true);
  expect(statuses[0]).toMatch(WATCHES);
  expect(errors).toEqual([]);
  expect(driver.level("chime")).toBe(0);
});

test("a damaged catalog is built anew from the clips, and kept beside", async () => {
  const { start, statuses, dir } = await doorbellIn((folder) => writeGarbage(join(folder, "vault/catalog.db")));
  await start();
  expect(statuses[0]).toMatch(WATCHES);
  expect(readFileSync(join(dir, "vault/catalog.db.broken-1"), "utf8")).toBe("garbage");
});

test("whoever asks is told what is wrong: only the bell works, the camera is lost, the microphone is lost", async () => {
  const broken = await doorbellIn((folder) => writeGarbage(join(folder, "ledger.db")));
  await broken.start();
  expect(await status(broken.dir)).toMatchObject({ ok: false, failure: { code: "audit/ledger-damaged" } });
  const { start, device, dir } = await doorbellIn(() => {});
  await start();
  device.notices.emit("microphoneLost", {});
  device.notices.emit("cameraLost", { reason: "busy" });
  expect(await status(dir)).toMatchObject({
    ok: true,
    cameraLost: { code: "busy", todo: expect.stringContaining("Another program") as string },
    microphoneLost: true,
  });
  device.notices.emit("microphoneBack", {});
  device.notices.emit("cameraBack", {});
  expect(await status(dir)).toMatchObject({ cameraLost: null, microphoneLost: false });
});

test("the status tells that the camera is lost, and that it is back", async () => {
  const { start, device, statuses } = await doorbellIn(() => {});
  await start();
  device.notices.emit("cameraLost", { reason: "lost" });
  expect(statuses.at(-1)).toBe("the bell works, the camera gives no picture");
  device.notices.emit("cameraBack", {});
  expect(statuses.at(-1)).toBe("watching the door");
});

test("what was mended works again within a minute, without a restart", async () => {
  const { start, rings, statuses, clock, dir } = await doorbellIn((folder) => writeGarbage(join(folder, "ledger.db")));
  await start();
  rmSync(join(dir, "ledger.db"));
  await clock.advance(RETRY_MS);
  await vi.waitFor(() => expect(statuses[1]).toMatch(WATCHES), WITHIN);
  expect(await rings()).toBe(true);
});

test("a factory reset by the button helps where the household file is broken, as its error says", async () => {
  const { start, statuses, clock, driver, dir } = await doorbellIn((folder) =>
    writeGarbage(join(folder, "link/household.json")),
  );
  await start();
  driver.press("pairing", RESET_MS + 1000);
  await clock.advance(RESET_MS + 500);
  expect(driver.level("statusLed")).toBe(1);
  await vi.waitFor(() => expect(statuses[1]).toMatch(WATCHES), WITHIN);
  expect(JSON.parse(readFileSync(join(dir, "link/household.json"), "utf8"))).toMatchObject({ members: [] });
});

describe("there is no bell to keep up, so the daemon ends with a clear error,", () => {
  test("without a device key", async () => {
    const { start, dir } = await doorbellIn((folder) => rmSync(join(folder, "device.key")));
    await expect(start()).rejects.toMatchObject({
      code: "device-key/missing",
      message: expect.stringContaining("doorward init"),
    });
    expect(readdirSync(dir)).toEqual([]);
  });

  test("with a damaged device key", async () => {
    const { start } = await doorbellIn((folder) => writeFileSync(join(folder, "device.key"), "short"));
    await expect(start()).rejects.toMatchObject({ code: "device-key/damaged" });
  });

  test("beside another daemon, whose control socket goes on answering", async () => {
    const { start, dir } = await doorbellIn(() => {});
    const other = createServer().listen(join(dir, "control.sock"));
    onTestFinished(() => void other.close());
    await expect(start()).rejects.toMatchObject({ code: "control/in-use" });
    expect(existsSync(join(dir, "control.sock"))).toBe(true);
  });
});

test("the door is watched before the web server is tried, and one that cannot start costs nothing else", async () => {
  const other = createServer();
  await new Promise<void>((listening) => other.listen(0, "127.0.0.1", listening));
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const text = settings.replace("[web]\non = false", `[web]\nhost = "127.0.0.1"\nport = ${port}`);
  const { start, rings, statuses, errors } = await doorbellIn(() => {}, text);
  await start();
  expect(statuses[0]).toMatch(WATCHES);
  expect(errors).toEqual([]);
  await vi.waitFor(() => expect(errors).toMatchObject([{ event: "no web server", code: "web/port" }]), WITHIN);
  expect(await rings()).toBe(true);
});

test("a doorbell ends without an error while its web server is still being started", async () => {
  const { start, device, errors } = await doorbellIn(() => {}, settings.replace("on = false", "port = 0"));
  await start();
  await device.stop();
  expect(errors).toEqual([]);
});
