import { setTimeout as sleep } from "node:timers/promises";
import { type Browser, chromium, type Page } from "playwright-core";

/** Debian's Chromium, whose own work counts for nobody. */
export function launchViewer(): Promise<Browser> {
  const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
  const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", ...quiet];
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args });
}

/** The browser's end as the app has it, in words that its page understands; types of a page are not known here. */
const ANSWER = `async (sdp) => {
  const peer = new RTCPeerConnection();
  const video = document.querySelector("video");
  const stream = new MediaStream();
  peer.ontrack = ({ track, receiver }) => {
    if ("jitterBufferTarget" in receiver) receiver.jitterBufferTarget = 0;
    stream.addTrack(track);
    video.srcObject = stream;
  };
  await peer.setRemoteDescription({ type: "offer", sdp });
  await peer.setLocalDescription(await peer.createAnswer());
  while (peer.iceGatheringState !== "complete") await new Promise((resolve) => setTimeout(resolve, 20));
  globalThis.peer = peer;
  return peer.localDescription.sdp;
}`;
const DECODED = `async () => [...(await globalThis.peer.getStats()).values()].find(({ type, kind }) => type === "inbound-rtp" && kind === "video")?.framesDecoded ?? 0`;

/** The door's end, whichever program makes it. */
export interface DoorEnd {
  offer(): Promise<string>;
  accept(sdp: string): void;
  close(): Promise<void>;
}

export async function framesDecoded(page: Page): Promise<number> {
  return Number(await page.evaluate(`(${DECODED})()`));
}

/** Shows the door in a page of its own; calls back once the picture runs, and ends both afterwards. */
export async function watching<T>(browser: Browser, door: DoorEnd, then: (page: Page) => Promise<T>): Promise<T> {
  const page = await browser.newPage();
  try {
    await page.setContent("<video autoplay playsinline muted></video>");
    door.accept(String(await page.evaluate(`(${ANSWER})(${JSON.stringify(await door.offer())})`)));
    const until = performance.now() + 30_000;
    while ((await framesDecoded(page)) < 30) {
      if (performance.now() > until) throw new Error("the browser shows nothing");
      await sleep(100);
    }
    return await then(page);
  } finally {
    await door.close();
    await page.close();
  }
}
