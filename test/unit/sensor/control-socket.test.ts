import { once } from "node:events";
import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { socketPath } from "../../../src/device/platform/socket-path.ts";
import { ControlSocket } from "../../../src/device/sensor/control-socket.ts";
import { SimulatedDriver } from "../../../src/device/sensor/simulated-driver.ts";
import { serveSimulation } from "../../../src/device/sensor/simulation.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

let dir: string;
let path: string;
let control: ControlSocket;
let driver: SimulatedDriver;
let clock: FakeClock;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-control-"));
  path = join(dir, "control.sock");
  clock = new FakeClock();
  driver = new SimulatedDriver(clock);
  control = new ControlSocket(path, silentLog);
  serveSimulation(control, driver);
  await control.start();
});
afterEach(async () => {
  await control.stop();
  await rm(dir, { recursive: true });
});

/** Sends lines over one connection and returns as many answers. */
async function ask(...lines: readonly (string | object)[]): Promise<readonly Record<string, unknown>[]> {
  const socket = connect(path);
  await once(socket, "connect");
  for (const line of lines) socket.write(`${typeof line === "string" ? line : JSON.stringify(line)}\n`);
  const answers: Record<string, unknown>[] = [];
  for await (const line of createInterface(socket)) {
    answers.push(JSON.parse(line) as Record<string, unknown>);
    if (answers.length === lines.length) break;
  }
  socket.destroy();
  return answers;
}

describe("the control socket", () => {
  test("is its user's alone", async () => {
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test("refuses a second daemon on the same data", async () => {
    await expect(new ControlSocket(path, silentLog).start()).rejects.toMatchObject({ code: "control/in-use" });
  });

  test("takes the place of a socket that a killed daemon left", async () => {
    const left = join(dir, "left.sock");
    await writeFile(left, "");
    const next = new ControlSocket(left, silentLog);
    await next.start();
    await next.stop();
  });

  test("works in a folder whose path is too long for a socket", async () => {
    const folder = join(dir, "x".repeat(100));
    await mkdir(folder);
    const long = new ControlSocket(join(folder, "control.sock"), silentLog);
    await long.start();
    const place = socketPath(join(folder, "control.sock"));
    const socket = connect(place.path);
    await once(socket, "connect");
    socket.destroy();
    place.release();
    await long.stop();
  });

  test("answers each line in turn, wrong ones with an error", async () => {
    const answers = await ask("not json", "[1]", '{"op":7}', { op: "fly" }, { op: "level", pin: "bell" });
    expect(answers.map(({ ok }) => ok)).toEqual([false, false, false, false, true]);
    expect(answers[3]?.error).toMatch(/^unknown op "fly"; known: ring, motion, hold, level$/);
  });

  test("a handler that throws gives an error, and the next request works", async () => {
    control.handle("break", () => {
      throw new Error("broken");
    });
    expect(await ask({ op: "break" }, { op: "level", pin: "bell" })).toEqual([
      { ok: false, error: "broken" },
      { ok: true, pin: "bell", level: 0 },
    ]);
  });

  test("drops who sends a line without end", async () => {
    const socket = connect(path);
    socket.on("error", () => {});
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.write("x".repeat(200_000));
    await closed;
  });

  test("stopping ends open connections and may be done twice", async () => {
    const socket = connect(path);
    await once(socket, "connect");
    const closed = once(socket, "close");
    await control.stop();
    await control.stop();
    await closed;
  });
});

describe("simulation", () => {
  test("a ring presses the bell for a moment and answers at once", async () => {
    expect(await ask({ op: "ring" })).toEqual([{ ok: true, pin: "bell", ms: 300 }]);
    expect(driver.level("bell")).toBe(1);
    await clock.advance(300);
    expect(driver.level("bell")).toBe(0);
  });

  test("a hold lasts as long as told", async () => {
    await ask({ op: "hold", pin: "pairing", ms: 15_000 });
    await clock.advance(14_999);
    expect(driver.level("pairing")).toBe(1);
    await clock.advance(1);
    expect(driver.level("pairing")).toBe(0);
  });

  test("inputs can be set, outputs only read", async () => {
    (await driver.output("chime")).set(1);
    expect(
      await ask(
        { op: "level", pin: "motion", level: 1 },
        { op: "level", pin: "chime" },
        { op: "level", pin: "chime", level: 0 },
      ),
    ).toEqual([
      { ok: true, pin: "motion", level: 1 },
      { ok: true, pin: "chime", level: 1 },
      { ok: false, error: expect.stringContaining("of one of bell, pairing, motion") },
    ]);
  });

  test.each([
    { op: "ring", ms: -1 },
    { op: "ring", ms: "long" },
    { op: "hold", pin: "chime", ms: 1 },
    { op: "level", pin: "door" },
  ])("%j is refused", async (request) => {
    expect(await ask(request)).toEqual([{ ok: false, error: expect.any(String) }]);
  });
});
