import type { Clock } from "../platform/clock.ts";
import { type BoxGroup, BoxReader } from "./box-reader.ts";
import { LaneFragment, type LaneInit, type MediaLane, readInit } from "./lane-fragment.ts";
import { ReusedMemory } from "./reused-memory.ts";

/** Reads the media lanes of one capture. */
export class Lanes {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #onFragment: (fragment: LaneFragment) => void;
  readonly #readers: Record<MediaLane, BoxReader>;
  readonly #inits: Record<MediaLane, LaneInit | null> = { video: null, audio: null };

  constructor(clock: Pick<Clock, "monotonicMs">, onFragment: (fragment: LaneFragment) => void) {
    this.#clock = clock;
    this.#onFragment = onFragment;
    const memory = new ReusedMemory();
    this.#readers = {
      video: new BoxReader(memory, (group) => this.#take("video", group)),
      audio: new BoxReader(memory, (group) => this.#take("audio", group)),
    };
  }

  get video(): LaneInit | null {
    return this.#inits.video;
  }

  get audio(): LaneInit | null {
    return this.#inits.audio;
  }

  push(lane: MediaLane, chunk: Uint8Array): void {
    this.#readers[lane].push(chunk);
  }

  #take(lane: MediaLane, group: BoxGroup): void {
    const init = this.#inits[lane];
    if (group.kind === "init") this.#inits[lane] = readInit(group);
    else if (init !== null) {
      this.#onFragment(new LaneFragment(lane, init.timescale, this.#clock.monotonicMs(), group));
    }
  }
}
