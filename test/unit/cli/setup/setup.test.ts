import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { boardSettings, boards, thisBoard } from "../../../../src/cli/setup/board.ts";
import { loadConfig } from "../../../../src/device/config/load-config.ts";
import { doorward } from "../../../fakes/doorward-command.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-setup-"));
});
afterEach(() => rm(dir, { recursive: true }));

const config = (): string => join(dir, "doorward.toml");
const setup = (words: readonly string[], input = "") =>
  doorward(["setup", "--config", config(), "--data", join(dir, "data"), ...words], { input });

describe("unattended", () => {
  test("a board, a camera and a name become a configuration, and keys are made", async () => {
    const { exit, err } = await setup(["--yes", "--board", "4", "--name", "Garden gate", "--camera", "/dev/video2"]);
    expect(err).toBe("");
    expect(exit).toBe(0);
    const read = await loadConfig(config());
    expect(read.name).toBe("Garden gate");
    expect(read.recorder.source).toMatchObject({ kind: "v4l2", device: "/dev/video2" });
    expect(read.sensor).toMatchObject({ driver: "onoff", pins: { bell: { bcm: 17, activeLow: true } } });
    expect((await stat(join(dir, "data/device.key"))).mode & 0o777).toBe(0o600);
  });

  test("a second time changes nothing", async () => {
    await setup(["--yes", "--board", "5"]);
    const before = [await readFile(config(), "utf8"), await readFile(join(dir, "data/device.key"), "hex")];
    const { exit, out } = await setup(["--yes", "--board", "3", "--name", "Other", "--json"]);
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ configWritten: false, madeKeys: false });
    expect([await readFile(config(), "utf8"), await readFile(join(dir, "data/device.key"), "hex")]).toEqual(before);
  });

  test("--again writes the configuration anew and keeps the keys", async () => {
    await setup(["--yes", "--board", "5"]);
    const key = await readFile(join(dir, "data/device.key"), "hex");
    await setup(["--yes", "--board", "5", "--again", "--name", "Back door"]);
    expect((await loadConfig(config())).name).toBe("Back door");
    expect(await readFile(join(dir, "data/device.key"), "hex")).toBe(key);
  });

  test("an existing broker with its login", async () => {
    await setup(["--yes", "--board", "none", "--broker", "mqtts://broker.home", "--broker-user", "door"]);
    expect((await loadConfig(config())).broker).toMatchObject({
      kind: "external",
      url: "mqtts://broker.home",
      username: "door",
    });
  });
});

test("the shared broker: its unit's address and login here, this machine's name for phones", async () => {
  await setup(["--yes", "--board", "none", "--broker", "shared"]);
  const unit = await readFile(join(import.meta.dirname, "../../../../systemd/doorward-broker.service"), "utf8");
  const [, secret = ""] = /LoadCredential=password:\/etc\/doorward\/secrets\/(\S+)/.exec(unit) ?? [];
  const [, port = ""] = /PORT=(\d+)/.exec(unit) ?? [];
  expect((await loadConfig(config())).broker).toMatchObject({
    kind: "external",
    url: `mqtt://127.0.0.1:${port}`,
    memberUrls: [`mqtt://${hostname().toLowerCase()}.local:${port}`],
    username: "home",
    passwordFile: `/run/credentials/doorward.service/secrets_${secret}`,
  });
});

describe("a wrong answer is named and nothing is written", () => {
  test.each([
    ["--board", "7", "no board"],
    ["--camera", "webcam", "no camera"],
    ["--broker", "http://broker", "broker"],
    ["--name", "x".repeat(61), "name"],
  ])("%s %s", async (flag, value, said) => {
    const { exit, err } = await setup(["--yes", flag, value]);
    expect(exit).not.toBe(0);
    expect(err).toContain(said);
    await expect(stat(config())).rejects.toThrow("ENOENT");
  });
});

test("a person is asked four things; an empty line takes what stands in brackets", async () => {
  const { exit, err } = await setup(["--board", "none"], "Attic\n\noff\n\n");
  expect(exit).toBe(0);
  expect(err.match(/\[[^\]]*\] /g)).toEqual(["[Front door] ", "[none] ", "[camera] ", "[own] "]);
  const read = await loadConfig(config());
  expect([read.name, read.recorder.source.kind, read.recorder.sound.kind]).toEqual(["Attic", "test-pattern", "off"]);
});

test.each(Object.keys(boards))("board %s: its file is read", async (board) => {
  const settings = await boardSettings(board as keyof typeof boards);
  expect(settings).toMatchObject({ "gpio.bell_pin": 17, "camera.source": "rpicam" });
});

test.each([
  ["Raspberry Pi Zero 2 W Rev 1.0\0", "zero-2-w"],
  ["Raspberry Pi 3 Model B Plus Rev 1.3\0", "3"],
  ["Raspberry Pi 4 Model B Rev 1.5\0", "4"],
  ["Raspberry Pi Compute Module 4 Rev 1.1\0", "4"],
  ["Raspberry Pi 500 Rev 1.0\0", "5"],
  ["Raspberry Pi Model B Plus Rev 1.2\0", "none"],
  ["Orange Pi Zero 2 W\0", "none"],
])("%s is board %s", async (model, board) => {
  const file = join(dir, "model");
  await writeFile(file, model);
  expect((await thisBoard(file)).board).toBe(board);
});
