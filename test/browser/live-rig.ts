import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { LinkAnswer, Member, RequestHandler } from "../../src/device/link/link-ports.ts";
import type { LiveConfig } from "../../src/device/live/live-config.ts";
import { LiveDesk } from "../../src/device/live/live-desk.ts";
import { answerLiveOps } from "../../src/device/ops/live-ops.ts";
import { systemClock } from "../../src/device/platform/clock.ts";
import { silentLog } from "../../src/device/platform/logger.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { Recorder } from "../../src/device/recorder/recorder.ts";
import { recorderDefaults } from "../../src/device/recorder/recorder-config.ts";
import { Doorbell } from "../../src/owner/doorbell.ts";
import type { Answer } from "../../src/owner/link-client.ts";
import type { Json } from "../../src/protocol/canonical-json.ts";
import { seedSigner } from "../../src/protocol/envelope.ts";
import { liveChild } from "../fakes/daemon.ts";

export interface Door {
  readonly desk: LiveDesk;
  readonly recorder: Recorder;
  readonly doorbell: Doorbell;
  readonly deviceKey: Uint8Array;
  readonly member: ReturnType<typeof seedSigner>;
  readonly watched: number[];
  readonly notices: string[];
  readonly speakerFile: string;
  setPrivacy(on: boolean): Promise<void>;
  /** What stands between the two ends may change an attachment on its way, either way. */
  meddle: (op: string, attachment: Uint8Array) => Uint8Array;
}

/** Camera, desk and link of a doorbell, with one member. The link is a call; all that live view makes of it is real. */
export async function startDoor(changes: Partial<LiveConfig> = {}): Promise<Door> {
  const dir = await mkdtemp(join(tmpdir(), "live-"));
  const notices: string[] = [];
  const recorder = new Recorder(
    {
      ...recorderDefaults,
      picture: { width: 640, height: 360, framesPerSecond: 15, bitrateKbps: 800 },
      runtimeDir: join(dir, "run"),
    },
    { clock: systemClock, log: silentLog, notices: { emit: () => {} }, onMotion: () => {} },
  );
  const device = seedSigner(nodeCrypto, nodeCrypto.randomBytes(32));
  const member = seedSigner(nodeCrypto, nodeCrypto.randomBytes(32));
  const watched: number[] = [];
  const speakerFile = join(dir, "speaker.s16");
  let privacy = false;
  const desk = new LiveDesk(
    {
      on: true,
      speaker: { kind: "simulated", file: speakerFile },
      relay: { urls: [], secretFile: null },
      longestMs: 60_000,
      ffmpegPath: "ffmpeg",
      ...changes,
    },
    {
      crypto: nodeCrypto,
      clock: systemClock,
      log: silentLog,
      notices: { emit: (name) => void notices.push(name) },
      deviceSigner: device,
      camera: () => (privacy ? "privacy" : recorder.isReady ? "on" : "lost"),
      streamSocket: recorder.liveSocketPath,
      program: liveChild,
      watched: (_member, seconds) => void watched.push(seconds),
    },
  );
  const handlers = new Map<string, RequestHandler>();
  answerLiveOps({ onRequest: (op, handler) => void handlers.set(op, handler) }, desk);
  const door: Door = {
    desk,
    recorder,
    deviceKey: device.publicKey,
    member,
    watched,
    notices,
    speakerFile,
    async setPrivacy(on) {
      privacy = on;
      if (on) await desk.endAll();
    },
    meddle: (_op, attachment) => attachment,
    doorbell: new Doorbell({ request: (op, args, options) => ask(op, args, options?.attachment ?? new Uint8Array()) }),
  };
  const asMember: Member = { signKey: member.publicKey, role: "viewer" };
  const ask = async (op: string, args: Json, attachment: Uint8Array): Promise<Answer> => {
    const request = { op, args, attachment: door.meddle(op, attachment), member: asMember };
    const answered: LinkAnswer | undefined = await handlers.get(op)?.(request, new AbortController().signal);
    if (answered === undefined || "rejected" in answered) throw new Error("no answer");
    const back = answered.attachment ?? new Uint8Array();
    return { result: answered.result, attachment: back.length === 0 ? back : door.meddle(`${op} answered`, back) };
  };
  onTestFinished(async () => {
    await desk.stop();
    await recorder.stop();
    await rm(dir, { recursive: true, force: true });
  });
  await recorder.start();
  await recorder.ready();
  await desk.start();
  return door;
}

export async function eventually<T>(
  look: () => Promise<T>,
  holds: (seen: T) => boolean,
  withinMs = 25_000,
): Promise<T> {
  const until = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (holds(seen) || performance.now() > until) return seen;
    await systemClock.sleep(100);
  }
}

/** How much of the sound in a raw file is this tone, from 0 to 1. */
export async function shareOfTone(file: string, hertz: number): Promise<number> {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + (bytes.length & ~1)));
  const last = samples.subarray(Math.max(0, samples.length - 24_000));
  let [cosine, sine, energy] = [0, 0, 0];
  for (const [i, sample] of last.entries()) {
    const angle = (2 * Math.PI * hertz * i) / 48_000;
    cosine += sample * Math.cos(angle);
    sine += sample * Math.sin(angle);
    energy += sample * sample;
  }
  return energy === 0 ? 0 : (2 * (cosine * cosine + sine * sine)) / (last.length * energy);
}
