import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Lights, statusPatterns } from "../../../src/device/sensor/lights.ts";
import { SimulatedDriver } from "../../../src/device/sensor/simulated-driver.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

async function lights(config = { status: true, button: true }) {
  const clock = new FakeClock();
  const driver = new SimulatedDriver(clock);
  const it = new Lights(config, clock, {
    status: await driver.output("statusLed"),
    recording: await driver.output("recordingLed"),
    button: await driver.output("buttonLed"),
    talk: await driver.output("talkLed"),
  });
  it.start();
  /** One character per 100 ms, `#` lit. */
  const film = async (pin: "statusLed" | "recordingLed" | "buttonLed", ms: number): Promise<string> => {
    let picture = "";
    for (let passed = 0; passed < ms; passed += 100) {
      picture += driver.level(pin) === 1 ? "#" : ".";
      await clock.advance(100);
    }
    return picture;
  };
  return { clock, it, film };
}

test("all is well: status and button are lit, recording is dark", async () => {
  const { film } = await lights();
  expect([await film("statusLed", 300), await film("buttonLed", 300), await film("recordingLed", 300)]).toEqual([
    "###",
    "###",
    "...",
  ]);
});

test("a house that wants it dark has no light while all is well", async () => {
  const { film } = await lights({ status: false, button: false });
  expect([await film("statusLed", 300), await film("buttonLed", 300)]).toEqual(["...", "..."]);
});

test("the recording light cannot be configured away and is lit as long as recording lasts", async () => {
  const { it, film } = await lights({ status: false, button: false });
  it.recording(true);
  expect(await film("recordingLed", 500)).toBe("#####");
  it.recording(false);
  expect(await film("recordingLed", 300)).toBe("...");
});

test("of several conditions the most pressing is shown, and the next when it ends", async () => {
  const { it, film } = await lights();
  it.set("link-lost", true);
  it.set("pairing", true);
  expect(await film("statusLed", 2000)).toBe("#####.....#####.....");
  it.set("pairing", false);
  expect(await film("statusLed", 2000)).toBe("#.........#.........");
  it.set("link-lost", false);
  expect(await film("statusLed", 300)).toBe("###");
});

test("setting a condition that holds already does not restart its blinking", async () => {
  const { it, clock, film } = await lights();
  it.set("pairing", true);
  await clock.advance(400);
  it.set("pairing", true);
  expect(await film("statusLed", 600)).toBe("#.....");
});

test("the button answers the finger", async () => {
  const { it, film } = await lights();
  it.pressed(true);
  expect(await film("buttonLed", 600)).toBe("#.#.#.");
  it.pressed(false);
  expect(await film("buttonLed", 300)).toBe("###");
});

test("stopping darkens all and leaves no timer", async () => {
  const { it, clock, film } = await lights();
  it.set("pairing", true);
  it.recording(true);
  it.stop();
  expect([await film("statusLed", 300), await film("recordingLed", 300), clock.waiting]).toEqual(["...", "...", 0]);
});

test("firmware/board/README.md explains every condition, in the order in which they are shown", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../firmware/board/README.md"), "utf8");
  const explained = [...page.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name);
  expect(explained).toEqual(Object.keys(statusPatterns));
});
