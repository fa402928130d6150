import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Doorbell } from "../../owner/doorbell.ts";
import { toHex } from "../../protocol/bytes.ts";
import type { ResultOf } from "../../protocol/link-ops.ts";
import type { Ground } from "../ground/ground.ts";

export type ShareState = ResultOf<"shares">["shares"][number];

/** What this phone remembers of a consent that it signed, so that the list can say whom it is for. Plain JSON. */
export interface ShareNote {
  /** Hex. */
  readonly token: string;
  readonly clip: string;
  readonly recipient: string;
  /** Digest of the card, hex. */
  readonly recipientDigest: string;
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly sound: boolean;
  readonly purpose: string;
  /** Unix seconds. */
  readonly expires: number;
}

export interface KnownShare {
  readonly token: string;
  readonly state: ShareState["state"];
  readonly missingSigners: number;
  /** By this page's own clock, `performance.now()`; null when nothing counts down. */
  readonly leavesAt: number | null;
  readonly note: ShareNote | null;
}

const RECORD = "share-notes";

/** Shares as the doorbell tells them, with this phone's notes. A share that was undone leaves no note. */
export class ShareBook {
  readonly list: ReadonlySignal<readonly KnownShare[]>;
  readonly #states: Signal<readonly (Omit<KnownShare, "note"> & { readonly token: string })[]> = signal([]);
  readonly #notes: Signal<readonly ShareNote[]> = signal([]);
  readonly #ground: Ground;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.list = computed(() =>
      this.#states.value.map((state) => ({
        ...state,
        note: this.#notes.value.find(({ token }) => token === state.token) ?? null,
      })),
    );
  }

  async load(): Promise<void> {
    const { database, box } = this.#ground;
    const sealed = await database.get("records", RECORD);
    this.#notes.value = sealed === undefined ? [] : await box.openJson<ShareNote[]>(RECORD, sealed).catch(() => []);
  }

  async refresh(doorbell: Doorbell): Promise<void> {
    const now = performance.now();
    this.#states.value = (await doorbell.shares()).map(({ token, state, missingSigners, undoRemainingMs }) => ({
      token: toHex(token),
      state,
      missingSigners,
      leavesAt: state === "undo-window" ? now + undoRemainingMs : null,
    }));
    await this.#forgetOver();
  }

  async add(note: ShareNote): Promise<void> {
    await this.#save([...this.#notes.value, note]);
  }

  async drop(token: string): Promise<void> {
    this.#states.value = this.#states.value.filter((share) => share.token !== token);
    await this.#save(this.#notes.value.filter((note) => note.token !== token));
  }

  /** What the doorbell no longer knows and cannot take any more is over. */
  async #forgetOver(): Promise<void> {
    const known = new Set(this.#states.value.map(({ token }) => token));
    const seconds = Date.now() / 1000;
    const kept = this.#notes.value.filter(({ token, expires }) => known.has(token) || expires > seconds);
    if (kept.length !== this.#notes.value.length) await this.#save(kept);
  }

  async #save(notes: readonly ShareNote[]): Promise<void> {
    const { database, box } = this.#ground;
    this.#notes.value = notes;
    if (notes.length === 0) await database.delete("records", RECORD);
    else await database.put("records", await box.sealJson(RECORD, notes), RECORD);
  }
}
