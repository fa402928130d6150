import type { Doorbell } from "../../src/owner/doorbell.ts";
import { OwnerError } from "../../src/owner/errors.ts";
import { newOwnerState, type OwnerState } from "../../src/owner/owner-state.ts";
import type { Shelf } from "../../src/owner/shelf.ts";
import { equalBytes, toBase64url, toHex } from "../../src/protocol/bytes.ts";
import type { Crypto } from "../../src/protocol/crypto.ts";
import { seedSigner } from "../../src/protocol/envelope.ts";
import { encodeClosingMeta, encodeOpeningMeta } from "../../src/protocol/meta.ts";
import type { TileSource } from "../../src/protocol/tlog/tiles.ts";
import { type SealedClip, sealClip, tinyContent } from "./sealed-clip.ts";

const PRE_ROLL_MS = 2_000;

export interface FilmedClip {
  /** Unix milliseconds of the first picture. */
  readonly fromMs: number;
  readonly seconds?: number;
  /** Its second meta record is missing. */
  readonly cut?: boolean;
}

/** A doorbell with clips of known times, an owner whose keys open them, and a note of everything that is asked. */
export class FilmedHome {
  readonly crypto: Crypto;
  readonly deviceSeed = new Uint8Array(32).fill(5);
  readonly deviceKey: Uint8Array;
  readonly clips: SealedClip[] = [];
  readonly asked: string[] = [];
  readonly shelfFiles = new Map<string, Uint8Array>();
  /** What the doorbell copied of a register's log. */
  copy: TileSource = { get: () => Promise.resolve(null) };
  state: OwnerState;

  constructor(crypto: Crypto) {
    this.crypto = crypto;
    this.deviceKey = seedSigner(crypto, this.deviceSeed).publicKey;
    this.state = newOwnerState(crypto, 0);
  }

  async film({ fromMs, seconds = 10, cut = false }: FilmedClip): Promise<SealedClip> {
    const durations = Array.from({ length: seconds }, () => 1_000);
    const opening = encodeOpeningMeta({
      trigger: "ring",
      clock: "synced",
      startMs: fromMs + PRE_ROLL_MS,
      preRollMs: PRE_ROLL_MS,
    });
    const closing = encodeClosingMeta({
      durationMs: seconds * 1_000,
      video: durations,
      audio: durations,
      retriggers: [],
    });
    const content = { ...tinyContent(seconds), meta: cut ? [opening] : [opening, closing] };
    const clip = await sealClip(this.crypto, this.deviceSeed, content);
    this.clips.push(clip);
    const pinnedSeeds = { ...this.state.pinnedSeeds, [toHex(clip.id)]: toBase64url(clip.seed) };
    this.state = { ...this.state, pinnedSeeds };
    return clip;
  }

  readonly shelf: Shelf = {
    load: async (name) => this.shelfFiles.get(name) ?? null,
    save: async (name, bytes) => void this.shelfFiles.set(name, bytes),
    remove: async (name) => void this.shelfFiles.delete(name),
  };

  readonly doorbell: Pick<Doorbell, "clipIndex" | "head" | "fragments" | "registerFile"> = {
    clipIndex: async () => {
      this.asked.push("clip-index");
      return this.clips.map(({ id }) => ({ clip: id, day: 20_454, state: "sealed", pinned: false }));
    },
    head: async (id) => {
      this.asked.push(`head ${toHex(id)}`);
      const { day, wraps, leaves, manifest, clipKey } = this.#clip(id).head;
      return { clip: id, day, wraps, leaves, manifest, clipKey };
    },
    fragments: async (id, leaves) => {
      this.asked.push(`fragments ${toHex(id)} ${leaves.map(({ lane, index }) => `${lane}/${index}`).join(" ")}`);
      return leaves.map(({ lane, index }) => this.#clip(id).ciphertext(lane, index));
    },
    registerFile: (_origin, path) => {
      this.asked.push(`register-file ${path}`);
      return this.copy.get(path);
    },
  };

  #clip(id: Uint8Array): SealedClip {
    const clip = this.clips.find((candidate) => equalBytes(candidate.id, id));
    if (clip === undefined) throw new OwnerError("owner/no-answer", "the doorbell gives no answer");
    return clip;
  }
}
