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
  /** It was handed to the doorbell, and no answer has come yet. */
  readonly unanswered?: boolean;
}

export interface KnownShare {
  readonly token: string;
  /** `unanswered`: nobody knows yet whether the doorbell took it; `not-taken`: it did not, as it said later. */
  readonly state: ShareState["state"] | "unanswered" | "not-taken";
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
  /** Of this page's life only: a person reads it once. */
  readonly #notTaken: Signal<readonly ShareNote[]> = signal([]);
  /** Tokens whose answer may still come: that the doorbell does not know them says nothing. */
  readonly #underWay = new Set<string>();
  readonly #ground: Ground;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.list = computed(() => [
      ...this.#notTaken.value.map((note) => withoutState(note, "not-taken")),
      ...this.#unknown(this.#notes.value).map((note) => withoutState(note, "unanswered")),
      ...this.#states.value.map((state) => ({
        ...state,
        note: this.#notes.value.find(({ token }) => token === state.token) ?? null,
      })),
    ]);
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
    const notTaken = this.#unknown(this.#notes.value).filter(({ token }) => !this.#underWay.has(token));
    this.#notTaken.value = [...this.#notTaken.value, ...notTaken];
    // What is not saved now is found out again by the next page.
    await this.#keep(notTaken).catch(() => undefined);
  }

  /** Whether the doorbell has it, as it said last. */
  has(token: string): boolean {
    return this.#states.value.some((share) => share.token === token);
  }

  /** To be called before the consent is handed over: whatever becomes of the answer, it is known whom it was for. */
  async begin(note: ShareNote): Promise<void> {
    this.#underWay.add(note.token);
    await this.#save([...this.#notes.value, { ...note, unanswered: true }]);
  }

  /** Of a consent that the doorbell has. */
  async add(note: ShareNote): Promise<void> {
    await this.#save([...this.#notes.value, note]);
  }

  /** No answer will come any more, or it has come: from now on the doorbell's list tells. */
  waited(token: string): void {
    this.#underWay.delete(token);
  }

  async taken(token: string): Promise<void> {
    await this.#save(this.#notes.value.map((note) => (note.token === token ? answered(note) : note)));
  }

  async drop(token: string): Promise<void> {
    this.#underWay.delete(token);
    this.#states.value = this.#states.value.filter((share) => share.token !== token);
    this.#notTaken.value = this.#notTaken.value.filter((note) => note.token !== token);
    await this.#save(this.#notes.value.filter((note) => note.token !== token));
  }

  #unknown(notes: readonly ShareNote[]): ShareNote[] {
    return notes.filter(({ token, unanswered }) => unanswered === true && !this.has(token));
  }

  /** What the doorbell has was answered; what it does not know and did not take, or cannot take any more, is over. */
  async #keep(notTaken: readonly ShareNote[]): Promise<void> {
    const seconds = Date.now() / 1000;
    const before = this.#notes.value;
    const kept = before
      .filter((note) => !notTaken.includes(note) && (this.has(note.token) || note.expires > seconds))
      .map((note) => (note.unanswered === true && this.has(note.token) ? answered(note) : note));
    if (kept.length !== before.length || kept.some((note, i) => note !== before[i])) await this.#save(kept);
  }

  async #save(notes: readonly ShareNote[]): Promise<void> {
    const { database, box } = this.#ground;
    this.#notes.value = notes;
    if (notes.length === 0) await database.delete("records", RECORD);
    else await database.put("records", await box.sealJson(RECORD, notes), RECORD);
  }
}

function withoutState(note: ShareNote, state: "unanswered" | "not-taken"): KnownShare {
  return { token: note.token, state, missingSigners: 0, leavesAt: null, note };
}

const answered = (note: ShareNote): ShareNote => ({ ...note, unanswered: false });
