/**
 * Adds up MQTT packets as their bytes pass. A parser collects a whole packet, up to 256 MiB, before anyone can look at
 * it, so the length in its fixed header (MQTT 3.1.1, 2.2.3) has to be looked at first.
 */
export class PacketSizes {
  readonly #limitBytes: number;
  #bodyLeft = 0;
  /** Of the fixed header under way; null between packets. */
  #length: { bytes: number; shift: number } | null = null;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** False as soon as a packet says that it is longer than the limit; its body has not arrived by then. */
  accept(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.#bodyLeft > 0) {
        const skipped = Math.min(this.#bodyLeft, chunk.length - at);
        this.#bodyLeft -= skipped;
        at += skipped;
        continue;
      }
      const byte = chunk[at] ?? 0;
      at += 1;
      if (this.#length === null) {
        this.#length = { bytes: 0, shift: 0 }; // the first byte is type and flags
        continue;
      }
      this.#length.bytes += (byte & 0x7f) * 2 ** this.#length.shift;
      this.#length.shift += 7;
      if (this.#length.bytes > this.#limitBytes || this.#length.shift > 28) return false;
      if (byte < 0x80) {
        this.#bodyLeft = this.#length.bytes;
        this.#length = null;
      }
    }
    return true;
  }
}
