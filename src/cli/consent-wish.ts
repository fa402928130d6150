import { readFile } from "node:fs/promises";
import { nodeCrypto } from "../device/platform/node-crypto.ts";
import { readCard } from "../owner/make-consent.ts";
import type { VerifiedClip } from "../owner/verify-clip.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { Facts } from "../protocol/facts.ts";
import { CliError } from "./errors.ts";
import type { Options } from "./options.ts";

export interface Seconds {
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

const UNIT_SECONDS = { m: 60, h: 3600, d: 86_400 } as const;
/** The doorbell takes no consent that lasts longer. */
const LONGEST_SECONDS = 30 * UNIT_SECONDS.d;

/** `3-8` or `2.5-7`. */
export function readSeconds(text: string): Seconds {
  const match = /^(\d{1,5}(?:\.\d{1,3})?)-(\d{1,5}(?:\.\d{1,3})?)$/.exec(text);
  const [fromSeconds, toSeconds] = [Number(match?.[1]), Number(match?.[2])];
  if (!(fromSeconds < toSeconds)) {
    throw new CliError("cli/usage", `--seconds takes a part such as 3-8, not "${text}"`);
  }
  return { fromSeconds, toSeconds };
}

/** `30m`, `12h`, `7d`, as seconds. */
export function readExpiry(text: string): number {
  const match = /^(\d{1,5})([mhd])$/.exec(text);
  const seconds = Number(match?.[1]) * UNIT_SECONDS[(match?.[2] ?? "m") as keyof typeof UNIT_SECONDS];
  if (!(seconds > 0 && seconds <= LONGEST_SECONDS)) {
    throw new CliError("cli/usage", `--expires takes a time such as 30m, 12h or 7d, at most 30d, not "${text}"`);
  }
  return seconds;
}

export function readBasis(text: string): "own" | "compelled" {
  if (text !== "own" && text !== "compelled") {
    throw new CliError("cli/usage", `--basis is own or compelled, not "${text}"`);
  }
  return text;
}

/** What the flags add about the owner; null when nothing. */
export function readFacts(options: Options, clip: VerifiedClip): Facts | null {
  const facts: Facts = {
    name: options.text("tellName") ?? null,
    contact: options.text("tellContact") ?? null,
    place: options.text("tellPlace") ?? null,
    clockErrorMs: null,
    clipKey: options.flag("tellDoorbell") ? clip.clipKeyEnvelope : null,
  };
  return Object.values(facts).every((fact) => fact === null) ? null : facts;
}

const MOST_PURPOSE_CHARACTERS = 2000;

export function readPurpose(options: Options): string {
  const purpose = options.text("purpose") ?? "";
  if (purpose.length > MOST_PURPOSE_CHARACTERS) {
    throw new CliError("cli/usage", `--purpose has at most ${MOST_PURPOSE_CHARACTERS} characters`);
  }
  return purpose;
}

/** Envelope of the card in a file. @throws CliError `cli/wrong-file`. */
export async function readCardFile(file: string): Promise<Uint8Array> {
  const envelope = new Uint8Array(await readFile(file));
  try {
    readCard(nodeCrypto, envelope);
    return envelope;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new CliError("cli/wrong-file", `${file} is no recipient's card, or was changed on its way`, {
      cause: error,
      hint: "The recipient makes one with `doorward recipient card --out FILE`.",
    });
  }
}
