import { COUNTER_BLOCK, type SendCounter } from "../protocol/channel.ts";
import type { OwnerStore } from "./owner-store.ts";

/** Send counters in blocks that no other program of this owner gets, since each takes its block by compare-and-save. */
export class SharedCounter implements SendCounter {
  readonly #store: OwnerStore;
  #next = 0;
  #end = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(store: OwnerStore) {
    this.#store = store;
  }

  reserve(): Promise<number> {
    const turn = this.#turn.then(() => this.#take());
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** Leaves the rest of the block unused: another program may have sent with a later one, which the device has seen. */
  abandonBlock(): void {
    this.#next = this.#end;
  }

  async #take(): Promise<number> {
    if (this.#next >= this.#end) {
      const { sendReserved } = await this.#store.updateDevice((device) => ({
        ...device,
        sendReserved: device.sendReserved + COUNTER_BLOCK,
      }));
      this.#end = sendReserved;
      this.#next = sendReserved - COUNTER_BLOCK;
    }
    const counter = this.#next;
    this.#next += 1;
    return counter;
  }
}
