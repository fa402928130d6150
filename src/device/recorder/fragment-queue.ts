import { type Fragment, QUEUE_LIMIT_BYTES } from "./recording.ts";

/** Fragments on their way to one consumer, bounded in bytes. */
export class FragmentQueue implements AsyncIterable<Fragment> {
  #waiting: Fragment[] = [];
  #byteLength = 0;
  #isEnded = false;
  #wake: (() => void) | undefined;

  /** @returns Whether it fitted; if not, it was overwritten and dropped. */
  push(fragment: Fragment): boolean {
    if (this.#isEnded || this.#byteLength + fragment.bytes.length > QUEUE_LIMIT_BYTES) {
      fragment.giveBack();
      return false;
    }
    this.#waiting.push(fragment);
    this.#byteLength += fragment.bytes.length;
    this.#wake?.();
    return true;
  }

  end(): void {
    this.#isEnded = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Fragment> {
    try {
      for (;;) {
        const next = this.#waiting.shift();
        if (next !== undefined) {
          this.#byteLength -= next.bytes.length;
          yield next;
        } else if (this.#isEnded) return;
        else await this.#arrival();
      }
    } finally {
      this.#abandon();
    }
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #abandon(): void {
    this.#isEnded = true;
    for (const fragment of this.#waiting.splice(0)) fragment.giveBack();
    this.#byteLength = 0;
  }
}
