import type { Filming } from "./filming.ts";
import type { LinkPort } from "./link/link-ports.ts";
import type { Clock } from "./platform/clock.ts";
import type { NoticeBus, NoticeName, Notices } from "./platform/notices.ts";
import type { Recorder } from "./recorder/recorder.ts";
import type { Lights, StatusCondition } from "./sensor/lights.ts";

export interface DoorNoticePorts {
  readonly bus: NoticeBus;
  readonly clock: Pick<Clock, "sleep">;
  readonly link: LinkPort;
  readonly filming: Filming;
  readonly recorder: Recorder;
  readonly lights: Lights | undefined;
  readonly camera: () => "on" | "lost" | "privacy";
}

/** What these notices light; they go dark with the part. */
const CONDITIONS: readonly StatusCondition[] = [
  "pairing",
  "recovery-claim",
  "privacy",
  "camera-lost",
  "no-member",
  "link-lost",
  "microphone-lost",
];

/** A ring's message is made, written and passed on in less than this, on a slow board too. */
const RING_OUT_MS = 5;

/** Who hears of what: rings and motion begin clips, members' phones are told, lights show. The returned function ends it. */
export function wireDoorNotices(ports: DoorNoticePorts): () => void {
  const { bus, clock, link, filming: clips, recorder, lights, camera } = ports;
  const over = new AbortController();
  const ends: (() => void)[] = [];
  const on = <Name extends NoticeName>(name: Name, listener: (notice: Notices[Name]) => void | Promise<void>): void =>
    void ends.push(bus.on(name, listener));
  let filming = 0;
  let hearing = 0;
  const showFilming = (change: 1 | -1): void => {
    filming += change;
    lights?.recording(filming > 0);
  };
  const showHearing = (change: 1 | -1): void => {
    hearing += change;
    lights?.talking(hearing > 0);
  };
  on("liveBegan", ({ sound }) => {
    showFilming(1);
    if (sound) showHearing(1);
  });
  on("liveEnded", ({ sound }) => {
    showFilming(-1);
    if (sound) showHearing(-1);
  });
  on("bellTouched", ({ forMs }) => recorder.standBack(forMs + RING_OUT_MS));
  on("ringPressed", async ({ atMs }) => {
    link.notify("ring", { atMs });
    // A clip begins with more work than the message is, and on a board with one processor the broker would wait for its end.
    await clock.sleep(RING_OUT_MS, over.signal).catch(() => {});
    if (!over.signal.aborted) clips.trigger("ring");
  });
  on("motionStarted", ({ source }) => {
    if (source === "pir") recorder.motionSensed();
  });
  on("clipOpened", ({ clip, trigger }) => {
    showFilming(1);
    lights?.set("bell-only", false);
    link.notify("clip-opened", { clip, trigger });
  });
  on("clipSealed", ({ clip, closed }) => {
    showFilming(-1);
    link.notify("clip-sealed", { clip, closed });
  });
  on("cameraLost", () => {
    lights?.set("camera-lost", true);
    link.notify("camera", { state: camera() });
  });
  on("cameraBack", () => lights?.set("camera-lost", false));
  // Not when it is back: whoever asked while a camera was being opened for the first time was told that it gives nothing.
  on("cameraReady", () => link.notify("camera", { state: camera() }));
  on("microphoneLost", () => lights?.set("microphone-lost", true));
  on("microphoneBack", () => lights?.set("microphone-lost", false));
  on("privacyChanged", ({ on: isOn }) => {
    lights?.set("privacy", isOn);
    link.notify("camera", { state: camera() });
  });
  on("recordingRefused", ({ reason }) => {
    if (reason.startsWith("vault/")) lights?.set("bell-only", true);
    link.notify("recording-refused", { reason });
  });
  on("buttonStuck", ({ button }) => link.notify("button-stuck", { button }));
  on("shareDelivered", ({ token }) => link.notify("share-delivered", { token }));
  on("linkLost", () => lights?.set("link-lost", true));
  on("linkUp", () => lights?.set("link-lost", false));
  on("pairingRequested", async () => {
    if (link.view().members.length === 0 || link.canRecover) await link.startPairing();
  });
  return () => {
    over.abort();
    for (const end of ends) end();
    for (const condition of CONDITIONS) lights?.set(condition, false);
    lights?.recording(false);
    lights?.talking(false);
  };
}
