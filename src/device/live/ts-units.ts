/** MPEG-TS (ISO/IEC 13818-1) as the recorder's ffmpeg writes it, back into pictures and sound. */

const PACKET_BYTES = 188;
const SYNC_BYTE = 0x47;
/** Of one picture; a camera's largest key frames have a tenth of it. */
const MOST_UNIT_BYTES = 8 * 1024 * 1024;

export interface StreamUnit {
  readonly lane: "picture" | "sound";
  /** Presentation time in 90 kHz ticks; null where the stream gives none. */
  readonly time: number | null;
  /** One picture as Annex B, or AAC frames with ADTS headers. */
  readonly bytes: Buffer;
}

/** Room for a picture whose length is not said; it grows. */
const FIRST_ROOM_BYTES = 64 * 1024;

/** One unit while it comes. Its bytes are copied once, from where they were read to where they are used. */
class Gathered {
  readonly lane: StreamUnit["lane"];
  readonly time: number | null;
  /** Null where the header does not say. */
  readonly #length: number | null;
  #bytes: Buffer;
  #size = 0;

  constructor(lane: StreamUnit["lane"], time: number | null, length: number | null) {
    this.lane = lane;
    this.time = time;
    this.#length = length;
    this.#bytes = Buffer.allocUnsafe(length ?? FIRST_ROOM_BYTES);
  }

  /** Null when it is not known. */
  get isWhole(): boolean | null {
    return this.#length === null ? null : this.#size >= this.#length;
  }

  get isTooLong(): boolean {
    return this.#size > MOST_UNIT_BYTES;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#size);
  }

  add(from: Buffer, start: number, end: number): void {
    if (this.#size + end - start > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(2 * (this.#bytes.length + end - start));
      this.#bytes.copy(larger, 0, 0, this.#size);
      this.#bytes = larger;
    }
    this.#size += from.copy(this.#bytes, this.#size, start, end);
  }
}

/**
 * Gives each unit as soon as its last byte is there. A demuxer that waits for the next picture's beginning instead shows
 * everything one picture late.
 */
export class TsUnits {
  readonly #onUnit: (unit: StreamUnit) => void;
  readonly #gathered = new Map<number, Gathered>();
  /** The beginning of a packet whose rest has not come. */
  #pending: Buffer = Buffer.alloc(0);

  constructor(onUnit: (unit: StreamUnit) => void) {
    this.#onUnit = onUnit;
  }

  /** @param chunk - May be overwritten once this returns. */
  push(chunk: Buffer): void {
    const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    let at = 0;
    while (at + PACKET_BYTES <= bytes.length) {
      if (bytes[at] === SYNC_BYTE) {
        this.#take(bytes, at);
        at += PACKET_BYTES;
      } else at += 1;
    }
    this.#pending = Buffer.from(bytes.subarray(at));
  }

  #take(bytes: Buffer, at: number): void {
    const end = at + PACKET_BYTES;
    const pid = bytes.readUInt16BE(at + 1) & 0x1fff;
    const begins = (bytes.readUInt8(at + 1) & 0x40) !== 0;
    const control = bytes.readUInt8(at + 3);
    const hasAdaptation = (control & 0x20) !== 0;
    const payloadAt = at + (hasAdaptation ? 5 + bytes.readUInt8(at + 4) : 4);
    if ((control & 0x10) === 0 || payloadAt > end) return;
    if (begins) {
      this.#finish(pid);
      const begun = beginningOf(bytes, payloadAt, end);
      if (begun === null) return;
      this.#gathered.set(pid, begun);
      if (begun.isWhole === true) this.#finish(pid);
      return;
    }
    const unit = this.#gathered.get(pid);
    if (unit === undefined) return;
    unit.add(bytes, payloadAt, end);
    if (unit.isTooLong) this.#gathered.delete(pid);
    // ffmpeg fills up a unit's last packet; in the middle of a unit it never does.
    else if (unit.isWhole ?? hasAdaptation) this.#finish(pid);
  }

  #finish(pid: number): void {
    const unit = this.#gathered.get(pid);
    if (unit === undefined) return;
    this.#gathered.delete(pid);
    this.#onUnit({ lane: unit.lane, time: unit.time, bytes: unit.bytes });
  }
}

/** PES header (2.4.3.6) and what follows it; null for what is neither picture nor sound, the tables among it. */
function beginningOf(bytes: Buffer, at: number, end: number): Gathered | null {
  if (end - at < 9 || bytes.readUIntBE(at, 3) !== 1) return null;
  const streamId = bytes.readUInt8(at + 3);
  const lane = (streamId & 0xf0) === 0xe0 ? "picture" : (streamId & 0xe0) === 0xc0 ? "sound" : null;
  const length = bytes.readUInt16BE(at + 4);
  const headerBytes = 9 + bytes.readUInt8(at + 8);
  if (lane === null || at + headerBytes > end) return null;
  const hasTime = (bytes.readUInt8(at + 7) & 0x80) !== 0 && headerBytes >= 14;
  const dataBytes = length === 0 ? null : Math.max(0, length + 6 - headerBytes);
  const unit = new Gathered(lane, hasTime ? timeAt(bytes, at + 9) : null, dataBytes);
  unit.add(bytes, at + headerBytes, end);
  return unit;
}

/** 33 bits in five bytes, with marker bits between them. */
function timeAt(bytes: Buffer, at: number): number {
  const high = (bytes.readUInt8(at) >> 1) & 0x07;
  const middle = bytes.readUInt16BE(at + 1) >> 1;
  const low = bytes.readUInt16BE(at + 3) >> 1;
  return high * 2 ** 30 + middle * 2 ** 15 + low;
}
