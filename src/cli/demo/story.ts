import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { exampleConfig } from "../../device/config/reference.ts";
import { writeFileDurably } from "../../device/platform/durable-file.ts";
import { startMailbox } from "../../mailbox/mailbox.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { freePort } from "./free-port.ts";
import { inviteToApp } from "./invite-to-app.ts";
import type { Narrator } from "./narrator.ts";
import { silentInvocation } from "./silent-invocation.ts";
import { SimulatedDoor } from "./simulated-door.ts";
import { answered, refusalOf, StepFailed } from "./step-failed.ts";
import { type } from "./typed-command.ts";

export const CHAPTERS = 9;
const PRE_ROLL_SECONDS = 5;
const POST_ROLL_SECONDS = 8;
const UNDO_SECONDS = 5;
const SHARED = "3-8";
const START_WITHIN_MS = 60_000;
/** A film may have its key frames far apart, and a fragment ends only with the next one. */
const CAMERA_WITHIN_MS = 60_000;
const SEALED_WITHIN_MS = 180_000;
const ARRIVES_WITHIN_SECONDS = 120;
const CHIME_WITHIN_MS = 2000;

export interface Stage {
  /** Folder with `device`, `owner` and `recipient` in it. */
  readonly dir: string;
  /** A film that stands in for the camera. */
  readonly video: string | null;
  readonly out: string;
  /** Of the owner's app. */
  readonly appPort: number;
}

export interface Told {
  readonly dataDir: string;
  readonly clip: {
    readonly id: unknown;
    readonly trigger: unknown;
    readonly durationMs: unknown;
    readonly fragments: unknown;
    readonly preRollMs: unknown;
  };
  readonly share: { readonly file: unknown; readonly lanes: readonly string[]; readonly range: unknown };
  readonly verdict: string;
  readonly output: string;
}

/** Everything that was started, newest last. */
export type Ends = (() => Promise<void>)[];

/** The whole story, by the commands that a person would type. @throws StepFailed, or the step's own error. */
export async function tellStory(stage: Stage, narrator: Narrator, ends: Ends, signal: AbortSignal): Promise<Told> {
  const device = join(stage.dir, "device");
  const owner = join(stage.dir, "owner");
  const recipient = join(stage.dir, "recipient");
  const ownerWords = (...words: string[]): Promise<unknown> =>
    ask(narrator, ["owner", ...words, "--home", owner], signal);

  narrator.chapter("A doorbell starts, with a simulated door");
  const config = join(device, "doorward.toml");
  await writeFileDurably(config, new TextEncoder().encode(configText(device, stage, await freePort())));
  answered(await type(["init", "--config", config], signal));
  const door = new SimulatedDoor(config, device);
  ends.push(() => door.stop());
  await door.event("ready", signal, START_WITHIN_MS);
  const { brokerPort } = await door.ask({ op: "status" }, signal);
  narrator.say(
    stage.video === null ? "Camera: ffmpeg's test picture, with a tone." : `Camera: ${stage.video}, in a loop.`,
  );
  narrator.say(
    `The home's own broker listens on 127.0.0.1:${String(brokerPort)}. Button and chime are simulated pins.`,
  );
  narrator.say(`The owner's app: http://localhost:${stage.appPort}`);
  narrator.say(`Files are named from ${stage.dir}.`);

  narrator.chapter("The owner pairs: a key on this machine");
  await ownerWords("init");
  const { text } = answered(await type(["pair", "--config", config], signal));
  narrator.typed("doorward owner pair (the text that `doorward pair` shows)");
  answered(await type(["owner", "pair", String(text), "--home", owner], signal));
  narrator.say("Keys for the days to come are with the doorbell. Until then it would have recorded nothing.");
  ends.push(await inviteToApp(owner, `http://localhost:${stage.appPort}`, narrator, signal));
  await cameraOn(owner, door, signal);
  narrator.say(`The camera is on. The last ${PRE_ROLL_SECONDS} seconds are held in memory, never on the card …`);
  await sleep((PRE_ROLL_SECONDS + 1) * 1000, undefined, { signal });

  narrator.chapter("A visitor rings");
  await ask(narrator, ["simulate", "ring", "--config", config], signal);
  await chimeHeard(door, signal);
  narrator.say("The chime sounds: its relay pulls.");
  narrator.say(
    `Recording, from ${PRE_ROLL_SECONDS} seconds before the ring to ${POST_ROLL_SECONDS} seconds after it …`,
  );
  const { clip: sealed } = await door.event("clip sealed", signal, SEALED_WITHIN_MS);
  const clipId = String(sealed).slice(0, 8); // as much of it as a person would type
  narrator.say("Sealed for the owner. The doorbell itself can no longer open it.");

  narrator.chapter("The owner lists and opens the clip");
  const [clip] = (await ownerWords("clips")) as Record<string, unknown>[];
  if (clip === undefined || clip.clip !== sealed)
    throw new StepFailed("the clip that was sealed is not in the owner's list");
  narrator.say(
    `${String(clip.trigger)}, ${seconds(clip.durationMs)} long, ${String(clip.fragments)} ${clip.fragments === 1 ? "fragment" : "fragments"} of picture`,
  );
  const film = join(owner, "clip.mp4");
  await ownerWords("open", clipId, "--out", film);
  narrator.say(`Opened: ${film}`);

  narrator.chapter("A neighbour asks for it, and hands over a card");
  const mailbox = await startMailbox({ host: "127.0.0.1", port: 0 });
  ends.push(() => mailbox.stop());
  narrator.say(
    `The neighbour's mailbox is a delivery broker on ${mailbox.url}. It lets a reader see its own inbox only.`,
  );
  const card = join(recipient, "neighbour.card");
  const recipientWords = (...words: string[]): Promise<unknown> =>
    ask(narrator, ["recipient", ...words, "--home", recipient], signal);
  await recipientWords("init", "--name", "The neighbour", "--mailbox", mailbox.url);
  await recipientWords("card", "--out", card);

  narrator.chapter(`The owner consents to seconds ${SHARED.replace("-", " to ")}, without sound`);
  const receiving = type(
    ["recipient", "receive", "--once", "--timeout", String(ARRIVES_WITHIN_SECONDS), "--home", recipient],
    signal,
  );
  receiving.catch(() => {}); // awaited below; an earlier step may fail first
  const consent = await consented(
    narrator,
    ["owner", "consent", clipId, "--to", card, "--yes", "--home", owner],
    signal,
  );
  const range = consent.range as readonly number[];
  narrator.say(`One signature: seconds ${range.join(" to ")}, picture only, for this card and nobody else.`);

  narrator.chapter(`The undo window: ${UNDO_SECONDS} seconds in this demo, ten minutes at a real door`);
  narrator.say(
    `\`doorward owner undo ${String(consent.token).slice(0, 8)}\` would take it back now. Nothing has left yet.`,
  );
  for (let left = UNDO_SECONDS; left > 0; left -= 1) {
    narrator.say(`${left} …`);
    await sleep(1000, undefined, { signal });
  }

  narrator.chapter("The share arrives in the neighbour's inbox");
  const { file } = answered(await receiving);
  narrator.say(String(file));

  narrator.chapter("The neighbour verifies and opens it");
  const verified = (await recipientWords("verify", String(file))) as { readonly text: string };
  narrator.say(verified.text);
  await recipientWords("open", String(file), "--out", stage.out);
  narrator.say(`Opened: ${stage.out}`);
  const { trigger, durationMs, fragments, preRollMs } = clip;
  const lanes = consent.sound === null ? ["video"] : ["video", "audio"];
  return {
    dataDir: device,
    clip: { id: sealed, trigger, durationMs, fragments, preRollMs },
    share: { file, lanes, range },
    verdict: verified.text,
    output: stage.out,
  };
}

async function ask(narrator: Narrator, words: readonly string[], signal: AbortSignal): Promise<unknown> {
  narrator.typed(["doorward", ...withoutHome(words)].join(" "));
  return answered(await type(words, signal));
}

/** @param brokerPort - Fixed, so that a doorbell kept with `--data` is found by its owner when it runs again. */
function configText(dataDir: string, { video, appPort }: Stage, brokerPort: number): string {
  const camera = video === null ? {} : { "camera.source": "file", "camera.file": video };
  return exampleConfig({
    ...camera,
    "device.name": "Demo door",
    "device.data_dir": dataDir,
    "device.clock": "trusted",
    "recording.pre_roll": `${PRE_ROLL_SECONDS}s`,
    "recording.post_roll": `${POST_ROLL_SECONDS}s`,
    "broker.port": brokerPort,
    "web.port": appPort,
    "device.pairing_window": "24h",
    "log.level": "debug", // the story listens for what happens; a real door's log does not date its visitors
    "sharing.undo_window": `${UNDO_SECONDS}s`,
  });
}

/** Asks the doorbell until its camera gives pictures, over one connection. */
async function cameraOn(home: string, door: SimulatedDoor, signal: AbortSignal): Promise<void> {
  const invocation = silentInvocation(home, signal);
  const until = Date.now() + CAMERA_WITHIN_MS;
  await withDoorbell(invocation, async ({ doorbell }) => {
    for (;;) {
      const { result } = await doorbell.ask("status", {});
      if (result.camera === "on") return;
      if (Date.now() > until)
        throw new StepFailed(`the camera gives no picture; the doorbell's log ends:\n${door.logEnd}`);
      await sleep(300, undefined, { signal });
    }
  });
}

async function chimeHeard(door: SimulatedDoor, signal: AbortSignal): Promise<void> {
  const until = Date.now() + CHIME_WITHIN_MS;
  while (Date.now() < until) {
    const { level } = await door.ask({ op: "level", pin: "chime" }, signal);
    if (level === 1) return;
  }
  throw new StepFailed("the chime did not sound");
}

/** A film with few key frames may have no whole fragment in the wished seconds; then the nearest one is consented to, said aloud. */
async function consented(
  narrator: Narrator,
  words: readonly string[],
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  const wish = async (part: string) => {
    const all = [...words, "--seconds", part, "--purpose", "your parcel"];
    narrator.typed(["doorward", ...withoutHome(all)].join(" "));
    return type(all, signal);
  };
  const first = await wish(SHARED);
  const { code, message } = refusalOf(first.json);
  const nearest = /nearest: ([\d.]+-[\d.]+)/.exec(message)?.[1];
  if (code !== "owner/no-whole-fragment" || nearest === undefined) return answered(first);
  narrator.say(
    "This film has key frames too far apart for that: a share begins at a key frame and is never rounded outward.",
  );
  narrator.say(`So the owner consents to the nearest part there is, seconds ${nearest}.`);
  return answered(await wish(nearest));
}

function withoutHome(words: readonly string[]): string[] {
  const at = words.indexOf("--home");
  const kept = at < 0 ? words : words.filter((_, i) => i !== at && i !== at + 1);
  return kept.map((word) => (/^[\w./:=+-]+$/.test(word) ? word : `"${word}"`));
}

const seconds = (ms: unknown): string => (typeof ms === "number" ? `${(ms / 1000).toFixed(1)} s` : "?");
