/** Cuts raw pictures of fixed size out of a stream. The picture handed over is used again for the next one. */
export class FrameReader {
  readonly #frame: Uint8Array;
  readonly #onFrame: (frame: Uint8Array) => void;
  #fill = 0;

  constructor(frameBytes: number, onFrame: (frame: Uint8Array) => void) {
    this.#frame = new Uint8Array(frameBytes);
    this.#onFrame = onFrame;
  }

  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + this.#frame.length - this.#fill);
      this.#frame.set(part, this.#fill);
      at += part.length;
      this.#fill += part.length;
      if (this.#fill === this.#frame.length) {
        this.#fill = 0;
        this.#onFrame(this.#frame);
      }
    }
  }
}
