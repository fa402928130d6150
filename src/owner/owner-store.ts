import type { Crypto } from "../protocol/crypto.ts";
import { OwnerError } from "./errors.ts";
import type { OwnerStorage } from "./owner-ports.ts";
import { newOwnerState, type OwnerState, type PairedDevice } from "./owner-state.ts";

const MAX_ATTEMPTS = 20;

/** An owner's state over a storage that others may write too: every change is made again on the newest state until it is saved. */
export class OwnerStore {
  readonly #storage: OwnerStorage;

  constructor(storage: OwnerStorage) {
    this.#storage = storage;
  }

  /** Makes a new owner; false when there is one already, which stays as it is. */
  async create(crypto: Crypto, today: number): Promise<boolean> {
    return this.#storage.compareAndSave({ ...newOwnerState(crypto, today), revision: 1 }, 0);
  }

  /** @throws OwnerError `owner/not-paired` when there is no owner yet. */
  async read(): Promise<OwnerState> {
    const state = await this.#storage.load();
    if (state === null) throw new OwnerError("owner/not-paired", "there is no owner here yet");
    return state;
  }

  /** @throws OwnerError `owner/not-paired`. */
  async device(): Promise<PairedDevice> {
    const { device } = await this.read();
    if (device === null) throw new OwnerError("owner/not-paired", "this owner has no doorbell");
    return device;
  }

  /** @param change - May be called several times; a change to the same object saves nothing. */
  async update(change: (state: OwnerState) => OwnerState): Promise<OwnerState> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const before = await this.read();
      const changed = change(before);
      if (changed === before) return before;
      const next = { ...changed, revision: before.revision + 1 };
      if (await this.#storage.compareAndSave(next, before.revision)) return next;
    }
    throw new OwnerError("owner/storage-busy", "the owner's storage changes faster than it can be saved");
  }

  /** As {@link update}, for what belongs to the paired device. @throws OwnerError `owner/not-paired`. */
  async updateDevice(change: (device: PairedDevice) => PairedDevice): Promise<PairedDevice> {
    const { device } = await this.update((state) => {
      if (state.device === null) throw new OwnerError("owner/not-paired", "this owner has no doorbell");
      const changed = change(state.device);
      return changed === state.device ? state : { ...state, device: changed };
    });
    if (device === null) throw new OwnerError("owner/not-paired", "this owner has no doorbell");
    return device;
  }
}
