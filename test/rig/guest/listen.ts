/**
 * listen.mjs HOME SECONDS: an owner's phone in a program, beside the doorbell. Watches and hears the door for so long, by WebRTC,
 * and prints how many packets of picture and sound came. `bundledListener` makes one file of it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { RTCPeerConnection, useH264, useOPUS } from "werift";
import { withDoorbell } from "../../../src/cli/doorbell-session.ts";
import { Options } from "../../../src/cli/options.ts";
import { Terminal } from "../../../src/cli/terminal.ts";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { askLive } from "../../../src/owner/live.ts";

const [home = "", seconds = "10"] = process.argv.slice(2);
const invocation = {
  args: [],
  options: new Options({ home }),
  terminal: new Terminal(process, true),
  environment: process.env,
  signal: AbortSignal.timeout(300_000),
};
const packets = { video: 0, audio: 0 };
await withDoorbell(invocation, async ({ doorbell, deviceKey, signer }) => {
  const asked = await askLive(doorbell, { crypto: nodeCrypto, deviceKey, signer }, { codecs: ["h264"], sound: true });
  if (asked.outcome === "refused") throw new Error(`refused: ${asked.reason}`);
  const peer = new RTCPeerConnection({
    codecs: { video: [useH264({ mimeType: "video/H264" })], audio: [useOPUS()] },
    bundlePolicy: "max-bundle",
  });
  peer.onTrack.subscribe((track) => {
    const lane = track.kind === "video" ? "video" : "audio";
    track.onReceiveRtp.subscribe(() => {
      packets[lane] += 1;
    });
  });
  await peer.setRemoteDescription({ type: "offer", sdp: asked.view.offer });
  await peer.setLocalDescription(await peer.createAnswer());
  await asked.view.answer(peer.localDescription?.sdp ?? "");
  if (peer.connectionState !== "connected")
    await peer.connectionStateChange.watch((state) => state === "connected", 60_000);
  await sleep(Number(seconds) * 1000);
  await asked.view.stop();
  await peer.close();
});
console.log(JSON.stringify(packets));
process.exit(0);
