import { RecorderError } from "./errors.ts";
import type { Loan, ReusedMemory } from "./reused-memory.ts";

/** A moof and its mdat, or an init segment: plain video, so whoever is done with it gives it back. */
export interface BoxGroup extends Loan {
  readonly kind: "init" | "fragment";
  /** Length of the boxes before the media data (the moof), from the group's start. */
  readonly headLength: number;
}

const HEADER_BYTES = 8;
/** A minute at 8 Mbit/s: a fragment beyond that means a camera that hardly ever sends a key frame. */
const MAXIMUM_GROUP_BYTES = 64 * 1024 * 1024;

/**
 * Cuts a stream of fragmented MP4 into init segment and fragments.
 * Reads box headers only and copies once, to where the fragment stays: this runs all day for every byte of video.
 */
export class BoxReader {
  readonly #memory: ReusedMemory;
  readonly #onGroup: (group: BoxGroup) => void;
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerFill = 0;
  #bodyLeft = 0;
  #type = "";
  #loan: Loan | undefined;
  /** How much of the group has come. */
  #byteLength = 0;
  #headLength = 0;
  /** Where the current box begins in its group. */
  #boxStart = 0;

  constructor(memory: ReusedMemory, onGroup: (group: BoxGroup) => void) {
    this.#memory = memory;
    this.#onGroup = onGroup;
  }

  /** @param chunk - Not kept. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#headerFill < HEADER_BYTES) {
        this.#header[this.#headerFill++] = chunk[at++] ?? 0;
        if (this.#headerFill === HEADER_BYTES) this.#enterBox();
      } else {
        const taken = Math.min(this.#bodyLeft, chunk.length - at);
        this.#keep(chunk.subarray(at, at + taken));
        at += taken;
        this.#bodyLeft -= taken;
      }
      if (this.#headerFill === HEADER_BYTES && this.#bodyLeft === 0) this.#leaveBox();
    }
  }

  #keep(bytes: Uint8Array): void {
    this.#loan?.bytes.set(bytes, this.#byteLength);
    this.#byteLength += bytes.length;
  }

  #makeRoom(boxBytes: number): void {
    const byteLength = this.#byteLength + boxBytes;
    if (byteLength > MAXIMUM_GROUP_BYTES) {
      throw new RecorderError("recorder/stream", `a fragment of more than ${MAXIMUM_GROUP_BYTES} bytes`);
    }
    const before = this.#loan;
    this.#loan = this.#memory.lend(byteLength);
    if (before !== undefined) this.#loan.bytes.set(before.bytes);
    before?.giveBack();
  }

  #enterBox(): void {
    const header = this.#header;
    const size = new DataView(header.buffer).getUint32(0);
    this.#type = String.fromCharCode(...header.subarray(4));
    // Sizes 0 (to the end) and 1 (64 bits) are never written for boxes this small.
    if (size < HEADER_BYTES || !/^[\x20-\x7e]{4}$/.test(this.#type)) {
      throw new RecorderError("recorder/stream", "not a box header where one should be");
    }
    this.#makeRoom(size);
    this.#keep(header);
    this.#bodyLeft = size - HEADER_BYTES;
    if (this.#type === "mdat") this.#headLength = this.#boxStart;
  }

  #leaveBox(): void {
    this.#headerFill = 0;
    this.#boxStart = this.#byteLength;
    if (this.#type === "moov") this.#finish("init");
    else if (this.#type === "mdat") this.#finish("fragment");
    else if (this.#type === "mfra") {
      this.#loan?.giveBack();
      this.#reset();
    }
  }

  #finish(kind: BoxGroup["kind"]): void {
    const loan = this.#loan;
    const headLength = kind === "init" ? this.#byteLength : this.#headLength;
    this.#reset();
    if (loan !== undefined) this.#onGroup({ kind, ...loan, headLength });
  }

  #reset(): void {
    this.#loan = undefined;
    this.#byteLength = 0;
    this.#boxStart = 0;
    this.#headLength = 0;
  }
}
