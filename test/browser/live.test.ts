import { execFileSync } from "node:child_process";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { askLive, type LiveView } from "../../src/owner/live.ts";
import { fromUtf8, utf8 } from "../../src/protocol/bytes.ts";
import { decodeParts, encodeParts } from "../../src/protocol/link-ops.ts";
import { launchBrowser } from "./browser.ts";
import { type Door, eventually, shareOfTone, startDoor } from "./live-rig.ts";
import { answerIn, openViewer, seenBy, talk } from "./viewer-page.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
}, 60_000);
afterAll(() => browser?.close());

const keysOf = ({ deviceKey, member }: Door) => ({ crypto: nodeCrypto, deviceKey, signer: member });

async function watch(door: Door, codecs: readonly ("h264" | "vp8")[]): Promise<LiveView> {
  const asked = await askLive(door.doorbell, keysOf(door), { codecs, sound: true });
  if (asked.outcome === "refused") throw new Error(`refused: ${asked.reason}`);
  return asked.view;
}

describe.each([
  { engine: "werift", codecs: ["h264", "vp8"] as const, codec: "video/H264" },
  { engine: "node-webrtc", codecs: ["vp8"] as const, codec: "video/VP8" },
])("through $engine", ({ codecs, codec }) => {
  test("a member sees the door move, hears it, and is heard", async () => {
    const door = await startDoor();
    const view = await watch(door, codecs);
    expect(door.notices).toEqual(["liveBegan"]);
    const page = await openViewer(browser);
    await view.answer(await answerIn(page, view.offer));
    const seen = await eventually(
      () => seenBy(page),
      ({ framesDecoded, audioEnergy }) => framesDecoded > 30 && audioEnergy > 0.001,
    );
    expect(seen).toMatchObject({ state: "connected", codec, width: 640 });
    expect(seen.framesDecoded).toBeGreaterThan(30);
    expect(seen.audioEnergy).toBeGreaterThan(0.001);

    expect(await shareOfTone(door.speakerFile, 1000)).toBeLessThan(0.1); // nobody talks yet
    await talk(page, 1000);
    expect(
      await eventually(
        () => shareOfTone(door.speakerFile, 1000),
        (share) => share > 0.8,
      ),
    ).toBeGreaterThan(0.8);

    await view.stop();
    expect(door.watched).toHaveLength(1);
    expect(door.notices).toEqual(["liveBegan", "liveEnded"]);
    expect(door.recorder.isReady).toBe(true);
  });
});

/** Another certificate's fingerprint in the description, as a path that wants to listen in would put it. */
function swapped(attachment: Uint8Array): Uint8Array {
  const [statement = new Uint8Array(), sdp = new Uint8Array()] = decodeParts(attachment);
  const other = fromUtf8(sdp).replaceAll(/(a=fingerprint:sha-256 )[0-9A-Fa-f]{2}/g, (_, head: string) => `${head}00`);
  return encodeParts([statement, utf8(other)]);
}

describe("a path that swaps the fingerprint", () => {
  test("of the door is noticed before the browser gets the offer", async () => {
    const door = await startDoor();
    door.meddle = (op, attachment) => (op === "live-start answered" ? swapped(attachment) : attachment);
    await expect(watch(door, ["h264"])).rejects.toMatchObject({ code: "live/mismatch" });
    expect(door.notices).toEqual(["liveBegan", "liveEnded"]);
  });

  test.each(["h264", "vp8"] as const)(
    "of the member is noticed at the door, and nothing is shown: %s",
    async (codec) => {
      const door = await startDoor();
      door.meddle = (op, attachment) => (op === "live-answer" ? swapped(attachment) : attachment);
      const view = await watch(door, [codec]);
      const page = await openViewer(browser);
      await expect(view.answer(await answerIn(page, view.offer))).rejects.toMatchObject({ code: "live/mismatch" });
      expect(door.notices).toEqual(["liveBegan", "liveEnded"]);
      expect(door.watched).toEqual([]);
      expect((await seenBy(page)).framesDecoded).toBe(0);
    },
  );
});

describe("an engine that crashes", () => {
  test("costs its own view; the camera goes on and the next view begins", async () => {
    const door = await startDoor();
    await watch(door, ["h264"]);
    const children = execFileSync("pgrep", ["-f", "live-child.mjs", "-P", String(process.pid)], { encoding: "utf8" });
    for (const pid of children.split("\n").filter(Boolean)) process.kill(Number(pid), "SIGKILL");
    await eventually(
      async () => door.notices.length,
      (count) => count === 2,
    );
    expect(door.notices).toEqual(["liveBegan", "liveEnded"]);
    expect(door.recorder.isReady).toBe(true);
    await (await watch(door, ["h264"])).stop();
  });
});

test("a third view of one member is refused, and there is room again when one ends", async () => {
  const door = await startDoor();
  const first = await watch(door, ["h264"]);
  await watch(door, ["h264"]);
  const third = await askLive(door.doorbell, keysOf(door), { codecs: ["h264"], sound: false });
  expect(third).toEqual({ outcome: "refused", reason: "busy" });
  await first.stop();
  await watch(door, ["h264"]);
});

describe("nobody watches", () => {
  test("where live view is off", async () => {
    const door = await startDoor({ on: false });
    const asked = await askLive(door.doorbell, keysOf(door), { codecs: ["h264"], sound: false });
    expect(asked).toEqual({ outcome: "refused", reason: "off" });
  });

  test("in privacy mode, which ends the view that runs before it is said to be on", async () => {
    const door = await startDoor();
    const view = await watch(door, ["h264"]);
    const page = await openViewer(browser);
    await view.answer(await answerIn(page, view.offer));
    await eventually(
      () => seenBy(page),
      ({ framesDecoded }) => framesDecoded > 0,
    );
    await door.setPrivacy(true);
    expect(door.notices).toEqual(["liveBegan", "liveEnded"]);
    const asked = await askLive(door.doorbell, keysOf(door), { codecs: ["h264"], sound: false });
    expect(asked).toEqual({ outcome: "refused", reason: "privacy" });
  });

  test("longer than a view may last", async () => {
    const door = await startDoor({ longestMs: 2000 });
    const view = await watch(door, ["h264"]);
    const page = await openViewer(browser);
    await view.answer(await answerIn(page, view.offer));
    await eventually(
      async () => door.watched.length,
      (count) => count === 1,
    );
    expect(door.watched[0]).toBeGreaterThanOrEqual(2); // more on a busy machine
    expect(door.notices).toEqual(["liveBegan", "liveEnded"]);
  });
});
