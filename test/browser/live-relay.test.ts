import { createSocket } from "node:dgram";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { askLive, type LiveView } from "../../src/owner/live.ts";
import { Coturn, RELAY_ADDRESS } from "../fakes/coturn.ts";
import { launchBrowser } from "./browser.ts";
import { eventually, startDoor } from "./live-rig.ts";
import { answerIn, openViewer, seenBy } from "./viewer-page.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
}, 120_000);
afterAll(() => browser?.close());

/** A door whose relay is a real coturn, and a view of it. */
async function watchThrough(
  engine: "h264" | "vp8",
  spoil: (coturn: Coturn) => Promise<void> = async () => {},
  other?: string,
) {
  const coturn = await Coturn.start();
  onTestFinished(() => coturn.stop());
  await spoil(coturn);
  const door = await startDoor({ relay: { urls: [other ?? coturn.url], secretFile: coturn.secretFile } });
  const keys = { crypto: nodeCrypto, deviceKey: door.deviceKey, signer: door.member };
  const asked = await askLive(door.doorbell, keys, { codecs: [engine], sound: true });
  if (asked.outcome === "refused") throw new Error(`refused: ${asked.reason}`);
  return { door, coturn, view: asked.view };
}

const candidates = (sdp: string): string[] => sdp.match(/^a=candidate:.*$/gm) ?? [];
const isRelayed = (candidate: string): boolean => / typ relay /.test(candidate);

/** Either end gets to know of the other what a relay gave it, and nothing else. */
const onlyRelayed = (sdp: string): string =>
  sdp.replace(/^a=candidate:.*\r\n/gm, (candidate) => (isRelayed(candidate) ? candidate : ""));

function relayOnly({ iceServers }: LiveView): RTCConfiguration {
  const servers = iceServers.map(({ urls, username, credential }) => ({
    urls,
    username: username ?? "",
    credential: credential ?? "",
  }));
  return { iceServers: servers, iceTransportPolicy: "relay" };
}

describe.each(["h264", "vp8"] as const)("away from home, %s", (codec) => {
  test("door and viewer find each other through coturn alone, and the door is seen", async () => {
    const { view } = await watchThrough(codec);
    expect(candidates(view.offer).some((candidate) => isRelayed(candidate) && candidate.includes(RELAY_ADDRESS))).toBe(
      true,
    );
    const page = await openViewer(browser);
    const answer = await answerIn(page, onlyRelayed(view.offer), relayOnly(view));
    expect(candidates(answer).length).toBeGreaterThan(0);
    expect(candidates(answer).every(isRelayed)).toBe(true);
    await view.answer(answer);
    const seen = await eventually(
      () => seenBy(page),
      ({ framesDecoded }) => framesDecoded > 30,
      60_000,
    );
    expect(seen.framesDecoded).toBeGreaterThan(30);
    expect(seen.state).toBe("connected");
    expect(seen.path).toEqual(["relay", "relay"]);
    await view.stop();
  });
});

test("with another secret than coturn's there is no relay for either, and so no way (control)", async () => {
  const { view } = await watchThrough("h264", ({ secretFile }) => writeFile(secretFile, "another secret\n"));
  expect(candidates(view.offer).some(isRelayed)).toBe(false);
  const page = await openViewer(browser);
  expect(candidates(await answerIn(page, onlyRelayed(view.offer), relayOnly(view)))).toEqual([]);
});

test.each(["h264", "vp8"] as const)("a relay that is dead costs no view inside the home, %s", async (codec) => {
  const relay = createSocket("udp4");
  relay.bind(0, "127.0.0.1");
  await once(relay, "listening");
  onTestFinished(() => void relay.close());
  const { view } = await watchThrough(codec, undefined, `turn:127.0.0.1:${relay.address().port}?transport=udp`);
  const page = await openViewer(browser);
  await view.answer(await answerIn(page, view.offer));
  const seen = await eventually(
    () => seenBy(page),
    ({ framesDecoded }) => framesDecoded > 30,
  );
  expect(seen.framesDecoded).toBeGreaterThan(30);
  await view.stop();
});

test("a view that coturn drops ends by itself, at the door too", async () => {
  const { door, coturn, view } = await watchThrough("h264");
  const page = await openViewer(browser);
  await view.answer(await answerIn(page, onlyRelayed(view.offer), relayOnly(view)));
  await eventually(
    () => seenBy(page),
    ({ framesDecoded }) => framesDecoded > 5,
    60_000,
  );
  await coturn.stop();
  await eventually(
    async () => door.notices.length,
    (count) => count === 2,
    90_000,
  );
  expect(door.notices).toEqual(["liveBegan", "liveEnded"]);
});
