import { RecorderError } from "./errors.ts";

/** A moof and its mdat, or an init segment, in the pieces in which it came off the socket. */
export interface BoxGroup {
  readonly kind: "init" | "fragment";
  /** Plain video: whoever is done with it overwrites it. */
  readonly pieces: readonly Uint8Array[];
  readonly byteLength: number;
  /** Length of the boxes before the media data (the moof), from the group's start. */
  readonly headLength: number;
}

const HEADER_BYTES = 8;
/** A minute at 8 Mbit/s: a fragment beyond that means a camera that hardly ever sends a key frame. */
const MAXIMUM_GROUP_BYTES = 64 * 1024 * 1024;

/**
 * Cuts a stream of fragmented MP4 into init segment and fragments.
 * Reads box headers only, and copies nothing: this runs all day for every byte of video.
 */
export class BoxReader {
  readonly #onGroup: (group: BoxGroup) => void;
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerFill = 0;
  #bodyLeft = 0;
  #type = "";
  #pieces: Uint8Array[] = [];
  #byteLength = 0;
  #headLength = 0;
  /** Where the current box begins in its group. */
  #boxStart = 0;

  constructor(onGroup: (group: BoxGroup) => void) {
    this.#onGroup = onGroup;
  }

  /** @param chunk - Belongs to the reader from now on. */
  push(chunk: Uint8Array): void {
    let start = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#headerFill < HEADER_BYTES) {
        this.#header[this.#headerFill++] = chunk[at++] ?? 0;
        if (this.#headerFill === HEADER_BYTES) this.#enterBox();
      } else {
        const taken = Math.min(this.#bodyLeft, chunk.length - at);
        at += taken;
        this.#bodyLeft -= taken;
      }
      if (this.#headerFill === HEADER_BYTES && this.#bodyLeft === 0) {
        this.#keep(chunk.subarray(start, at));
        start = at;
        this.#leaveBox();
      }
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  #keep(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#byteLength += piece.length;
    if (this.#byteLength > MAXIMUM_GROUP_BYTES) {
      throw new RecorderError("recorder/stream", `a fragment of more than ${MAXIMUM_GROUP_BYTES} bytes`);
    }
  }

  #enterBox(): void {
    const header = this.#header;
    const size = new DataView(header.buffer).getUint32(0);
    this.#type = String.fromCharCode(...header.subarray(4));
    // Sizes 0 (to the end) and 1 (64 bits) are never written for boxes this small.
    if (size < HEADER_BYTES || !/^[\x20-\x7e]{4}$/.test(this.#type)) {
      throw new RecorderError("recorder/stream", "not a box header where one should be");
    }
    this.#bodyLeft = size - HEADER_BYTES;
    if (this.#type === "mdat") this.#headLength = this.#boxStart;
  }

  #leaveBox(): void {
    this.#headerFill = 0;
    this.#boxStart = this.#byteLength;
    if (this.#type === "moov") this.#finish("init");
    else if (this.#type === "mdat") this.#finish("fragment");
    else if (this.#type === "mfra") this.#reset();
  }

  #finish(kind: BoxGroup["kind"]): void {
    this.#onGroup({
      kind,
      pieces: this.#pieces,
      byteLength: this.#byteLength,
      headLength: kind === "init" ? this.#byteLength : this.#headLength,
    });
    this.#reset();
  }

  #reset(): void {
    this.#pieces = [];
    this.#byteLength = 0;
    this.#boxStart = 0;
    this.#headLength = 0;
  }
}

/** The boxes before the media data; a copy only where they lie in several pieces. */
export function headOf(group: BoxGroup): Uint8Array {
  const [first] = group.pieces;
  if (first !== undefined && first.length >= group.headLength) return first.subarray(0, group.headLength);
  return joined(group.pieces, group.headLength);
}

/** The first `byteLength` bytes of the pieces as one. */
export function joined(pieces: readonly Uint8Array[], byteLength: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(byteLength);
  let offset = 0;
  for (const piece of pieces) {
    if (offset === byteLength) break;
    const part = piece.subarray(0, byteLength - offset);
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export function wipeAll(pieces: readonly Uint8Array[]): void {
  for (const piece of pieces) piece.fill(0);
}
