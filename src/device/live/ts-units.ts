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

interface Gathered {
  readonly lane: StreamUnit["lane"];
  readonly time: number | null;
  /** What is still to come; null where the header does not say. */
  missing: number | null;
  readonly pieces: Buffer[];
  size: number;
}

/**
 * Gives each unit as soon as its last byte is there. A demuxer that waits for the next picture's beginning instead shows
 * everything one picture late.
 */
export class TsUnits {
  readonly #onUnit: (unit: StreamUnit) => void;
  readonly #gathered = new Map<number, Gathered>();
  #pending: Buffer = Buffer.alloc(0);

  constructor(onUnit: (unit: StreamUnit) => void) {
    this.#onUnit = onUnit;
  }

  push(chunk: Buffer): void {
    const bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    let at = 0;
    while (at + PACKET_BYTES <= bytes.length) {
      if (bytes[at] === SYNC_BYTE) {
        this.#take(bytes.subarray(at, at + PACKET_BYTES));
        at += PACKET_BYTES;
      } else at += 1;
    }
    this.#pending = bytes.subarray(at);
  }

  #take(packet: Buffer): void {
    const pid = packet.readUInt16BE(1) & 0x1fff;
    const begins = (packet.readUInt8(1) & 0x40) !== 0;
    const control = packet.readUInt8(3);
    const hasAdaptation = (control & 0x20) !== 0;
    const payloadAt = hasAdaptation ? 5 + packet.readUInt8(4) : 4;
    if ((control & 0x10) === 0 || payloadAt > PACKET_BYTES) return;
    const payload = packet.subarray(payloadAt);
    if (begins) {
      this.#finish(pid);
      const unit = beginningOf(payload);
      if (unit === null) return;
      this.#gathered.set(pid, unit);
      if (unit.missing === 0) this.#finish(pid);
      return;
    }
    const unit = this.#gathered.get(pid);
    if (unit === undefined) return;
    unit.pieces.push(payload);
    unit.size += payload.length;
    if (unit.missing !== null) unit.missing -= payload.length;
    if (unit.size > MOST_UNIT_BYTES) this.#gathered.delete(pid);
    // ffmpeg fills up a unit's last packet; in the middle of a unit it never does.
    else if (unit.missing === null ? hasAdaptation : unit.missing <= 0) this.#finish(pid);
  }

  #finish(pid: number): void {
    const unit = this.#gathered.get(pid);
    if (unit === undefined) return;
    this.#gathered.delete(pid);
    this.#onUnit({ lane: unit.lane, time: unit.time, bytes: Buffer.concat(unit.pieces) });
  }
}

/** PES header (2.4.3.6); null for what is neither picture nor sound, the tables among it. */
function beginningOf(payload: Buffer): Gathered | null {
  if (payload.length < 9 || payload.readUIntBE(0, 3) !== 1) return null;
  const streamId = payload.readUInt8(3);
  const lane = (streamId & 0xf0) === 0xe0 ? "picture" : (streamId & 0xe0) === 0xc0 ? "sound" : null;
  const length = payload.readUInt16BE(4);
  const dataAt = 9 + payload.readUInt8(8);
  if (lane === null || dataAt > payload.length) return null;
  const hasTime = (payload.readUInt8(7) & 0x80) !== 0 && dataAt >= 14;
  const piece = payload.subarray(dataAt);
  return {
    lane,
    time: hasTime ? timeAt(payload, 9) : null,
    missing: length === 0 ? null : Math.max(0, length + 6 - payload.length),
    pieces: [piece],
    size: piece.length,
  };
}

/** 33 bits in five bytes, with marker bits between them. */
function timeAt(bytes: Buffer, at: number): number {
  const high = (bytes.readUInt8(at) >> 1) & 0x07;
  const middle = bytes.readUInt16BE(at + 1) >> 1;
  const low = bytes.readUInt16BE(at + 3) >> 1;
  return high * 2 ** 30 + middle * 2 ** 15 + low;
}
