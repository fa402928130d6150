import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { IndexedClip } from "../../owner/clip-index.ts";
import type { Doorbell } from "../../owner/doorbell.ts";
import type { OwnerState } from "../../owner/owner-state.ts";
import { type HomeRequest, requestsFor } from "../../owner/requests/match.ts";
import { addRegister, originOf, policyOf, removeRegister } from "../../owner/requests/registers.ts";
import { type SyncedRegister, shelfName, syncRegisters } from "../../owner/requests/sync.ts";
import { fromHex, toHex } from "../../protocol/bytes.ts";
import type { Place } from "../../protocol/register/area.ts";
import type { Ground } from "../ground/ground.ts";
import { browserShelf } from "../ground/shelf.ts";
import type { ClipEntry } from "./clip-entry.ts";

/**
 * What is asked around this home. Fetched whole whenever the app connects, whether anybody then looks or not; what is
 * hidden is hidden in this page's memory and comes back with the next one. Nothing here counts, marks or remembers a look.
 */
export class Requests {
  readonly found: ReadonlySignal<readonly HomeRequest[]>;
  readonly troubles: ReadonlySignal<readonly { readonly name: string; readonly code: string }[]>;
  readonly place: Signal<Place | null> = signal(null);
  readonly registers: Signal<readonly string[]> = signal([]);
  readonly #hidden: Signal<ReadonlySet<string>> = signal(new Set());
  readonly #synced: Signal<readonly SyncedRegister[]> = signal([]);
  readonly #ground: Ground;

  constructor(ground: Ground, entries: ReadonlySignal<readonly ClipEntry[]>) {
    this.#ground = ground;
    const all = computed(() => {
      const place = this.place.value;
      if (place === null) return [];
      const synced = { registers: this.#synced.value, clips: entries.value.flatMap(indexed) };
      return requestsFor(ground.crypto, synced, place, Math.floor(Date.now() / 1000));
    });
    this.found = computed(() => all.value.filter(({ digest }) => !this.#hidden.value.has(toHex(digest))));
    this.troubles = computed(() =>
      this.#synced.value.flatMap((synced) =>
        synced.outcome === "failed" ? [{ name: originOf(synced.register), code: synced.error.code }] : [],
      ),
    );
  }

  async load(): Promise<void> {
    this.#take(await this.#ground.store.read());
  }

  /** With every connection, before anything of it can be looked at. @throws OwnerError. */
  async sync(doorbell: Doorbell): Promise<void> {
    const { crypto, store } = this.#ground;
    this.#synced.value = await syncRegisters({
      crypto,
      doorbell,
      state: await store.read(),
      shelf: browserShelf(this.#ground),
      nowSeconds: Math.floor(Date.now() / 1000),
      // The page's policy lets it ask the doorbell only, and the doorbell's copy is compared with the witnesses' word.
      openUrl: () => ({ get: () => Promise.resolve(null) }),
    });
  }

  hide({ digest }: HomeRequest): void {
    this.#hidden.value = new Set([...this.#hidden.value, toHex(digest)]);
  }

  /** Follows what the doorbell copies, by the keys in its own configuration. False when it copies none. */
  async follow(doorbell: Doorbell): Promise<boolean> {
    const offered = await doorbell.registers();
    const choices = offered.map(({ logKey, witnesses, quorum }) => ({ logKey, witnesses, quorum, url: null }));
    for (const choice of choices) policyOf(this.#ground.crypto, choice, 0);
    this.#take(await this.#ground.store.update((state) => choices.reduce(addRegister, state)));
    await this.sync(doorbell);
    return choices.length > 0;
  }

  async unfollow(name: string): Promise<void> {
    const { crypto, store } = this.#ground;
    const { registers = [] } = await store.read();
    this.#take(await store.update((state) => removeRegister(state, name)));
    const shelf = browserShelf(this.#ground);
    for (const choice of registers) if (originOf(choice) === name) await shelf.remove(shelfName(crypto, choice));
    this.#synced.value = this.#synced.value.filter(({ register }) => originOf(register) !== name);
  }

  async setPlace(place: Place): Promise<void> {
    this.#take(await this.#ground.store.update((state) => ({ ...state, place })));
  }

  #take({ place, registers = [] }: OwnerState): void {
    this.place.value = place ?? null;
    this.registers.value = registers.map(originOf);
  }
}

function indexed({ id, day, pinned, trigger, startMs, preRollMs, durationMs, clockSet }: ClipEntry): IndexedClip[] {
  if (trigger === null || startMs === null) return [];
  const fromMs = Math.max(0, startMs - preRollMs);
  const toMs = durationMs === null ? startMs + 1 : fromMs + durationMs;
  const times = { trigger, clock: clockSet ? "synced" : "unsynced", fromMs, toMs, startMs, durationMs } as const;
  return [{ clip: fromHex(id), day, pinned, times, unknown: null }];
}
