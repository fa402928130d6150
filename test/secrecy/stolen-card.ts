import { cpSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Options } from "../../src/cli/options.ts";
import { OwnerHome } from "../../src/cli/owner-home.ts";
import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import { openClipSeed } from "../../src/owner/clip-seed.ts";
import { OwnerError } from "../../src/owner/errors.ts";
import { tendDays } from "../../src/owner/tend-days.ts";
import type { ClipHead } from "../../src/owner/verify-clip.ts";
import { fromBase64url } from "../../src/protocol/bytes.ts";
import { fragmentNonce, keyCommitment, LANES, LaneRatchet } from "../../src/protocol/clip-keys.ts";
import type { BoxKeyPair } from "../../src/protocol/crypto.ts";
import { dayBoxKey } from "../../src/protocol/day-chain.ts";
import { ProtocolError } from "../../src/protocol/errors.ts";
import { openWrap } from "../../src/protocol/wrap.ts";

const RETENTION_DAYS = 14;
/** Beyond the next upload of day keys. */
const LATER_DAYS = 60;
const LARGEST_SEARCHED_BYTES = 256 * 1024;
/** Of a clip file the head, where the wraps are; the rest is ciphertext. */
const CLIP_HEAD_SEARCHED_BYTES = 2048;

export interface StolenCard {
  /** Ways in which the copy of the card and every later state of the phone open the clip. */
  readonly opens: number;
  /** The same with the phone's state of the last day on which the clip is kept. */
  readonly control: number;
  readonly laterStates: number;
  readonly candidates: number;
}

/**
 * A thief has a copy of the card and, later, all that the phone then holds. Days pass for the phone alone: it is told each
 * new day's number, uploads keys and forgets days as the app does.
 */
export async function stealCard(card: string, phone: string, clip: ClipHead, dir: string): Promise<StolenCard> {
  const atStake = { clip, commitment: metaCommitment(clip) };
  const cardAlone = tryEverything(card, atStake);
  let candidates = cardAlone.tried;
  let opens = cardAlone.opens;
  let control = 0;
  let laterStates = 0;
  const copy = join(dir, "phone");
  cpSync(phone, copy, { recursive: true });
  const home = new OwnerHome({ options: new Options({ home: copy }), environment: {} });
  for (let later = 0; later <= LATER_DAYS; later += 1) {
    const today = clip.day + later;
    const days = { today, doorbellDay: today, retentionDays: RETENTION_DAYS };
    await tendDays(crypto, home.store, { ask: acceptedUpload }, days);
    if (later < RETENTION_DAYS) continue;
    const everything = tryEverything(copy, atStake);
    const found = everything.opens + Number(opensAsOwner(await home.store.read(), clip));
    if (later === RETENTION_DAYS) {
      control = found;
      continue;
    }
    opens += found;
    laterStates += 1;
    candidates += everything.tried;
  }
  return { opens, control, laterStates, candidates };
}

/** The doorbell's answer to an upload of day keys; the stolen card does not change by it. */
const acceptedUpload = async () => ({ result: {}, attachment: new Uint8Array() }) as never;

function opensAsOwner(state: Parameters<typeof openClipSeed>[1], clip: ClipHead): boolean {
  try {
    openClipSeed(crypto, state, clip);
    return true;
  } catch (error) {
    if (error instanceof OwnerError && error.code === "owner/no-key") return false;
    throw error;
  }
}

interface AtStake {
  readonly clip: ClipHead;
  /** Key commitment of meta 0: tells whether a seed is the clip's. */
  readonly commitment: Uint8Array;
}

function metaCommitment({ leaves }: ClipHead): Uint8Array {
  const leaf = leaves.find(({ lane, index }) => lane === LANES.meta && index === 0);
  if (leaf === undefined) throw new Error("the clip has no meta");
  return leaf.keyCommitment;
}

/** Takes every 32 bytes in a folder that could be a secret for the seed, for a day's chain key, and for a box key. */
function tryEverything(folder: string, atStake: AtStake): { readonly opens: number; readonly tried: number } {
  const tried = new Set<string>();
  let opens = 0;
  for (const bytes of candidatesIn(folder)) {
    const name = Buffer.from(bytes).toString("latin1");
    if (tried.has(name)) continue;
    tried.add(name);
    const pairs: BoxKeyPair[] = [dayBoxKey(crypto, bytes), crypto.boxKeyFromSecret(bytes)];
    if (isSeed(bytes, atStake)) opens += 1;
    for (const pair of pairs) if (atStake.clip.wraps.some((wrap) => openWrap(crypto, wrap, pair) !== null)) opens += 1;
  }
  return { opens, tried: tried.size };
}

function isSeed(bytes: Uint8Array, { clip, commitment }: AtStake): boolean {
  const { key } = new LaneRatchet(crypto, bytes, LANES.meta).next();
  const made = keyCommitment(crypto, key, fragmentNonce(clip.clip, LANES.meta, 0));
  return Buffer.from(made).equals(commitment);
}

function* candidatesIn(folder: string): Generator<Uint8Array> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* candidatesIn(path);
    else if (entry.isFile()) yield* candidatesOf(path);
  }
}

function* candidatesOf(path: string): Generator<Uint8Array> {
  const isClip = path.endsWith(".clip");
  if (!isClip && statSync(path).size > LARGEST_SEARCHED_BYTES) return;
  const bytes = readFileSync(path);
  const end = isClip ? Math.min(bytes.length, CLIP_HEAD_SEARCHED_BYTES) : bytes.length;
  for (let at = 0; at + 32 <= end; at += 1) {
    const window = bytes.subarray(at, at + 32);
    if (isBinary(window)) yield new Uint8Array(window);
  }
  for (const [run] of bytes.toString("latin1").matchAll(/[A-Za-z0-9_-]{43,}/g)) {
    for (let at = 0; at + 43 <= run.length; at += 1) yield* decoded(run.slice(at, at + 43));
  }
}

function* decoded(text: string): Generator<Uint8Array> {
  try {
    yield fromBase64url(text);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
}

/** Empty database pages and text are no secrets; text that encodes one is decoded instead. */
function isBinary(window: Uint8Array): boolean {
  let zeros = 0;
  let high = 0;
  for (const byte of window) {
    if (byte === 0) zeros += 1;
    if (byte >= 0x80) high += 1;
  }
  return zeros <= 4 && high >= 3;
}
