/** MPEG-TS (ISO/IEC 13818-1): where in a running stream a new viewer can begin. */

const PACKET_BYTES = 188;
const SYNC_BYTE = 0x47;
const PAT_PID = 0;
/** Presentation times are 33 bits wide: they wrap every 26.5 hours. */
const TIME_RANGE = 2 ** 33;
/** Times before the limit by less than this count as after it: rounding, and the order of B-frames. */
const TOLERANCE_TICKS = 45_000;

export const TS_TICKS_PER_MS = 90;

/** Waits for a key frame that is new enough; ffmpeg writes the stream's tables (PAT, PMT) right before each. */
export class TsJoiner {
  readonly #freshFrom: number;
  #pending = new Uint8Array(0);

  /** @param freshFrom - Earliest presentation time to begin with, in 90 kHz ticks. */
  constructor(freshFrom: number) {
    this.#freshFrom = freshFrom;
  }

  /** @returns What the viewer gets first, from the tables before the key frame on; null while there is none. */
  push(chunk: Uint8Array): Uint8Array | null {
    const bytes = Buffer.concat([this.#pending, chunk]);
    let tablesAt = -1;
    let at = 0;
    while (at + PACKET_BYTES <= bytes.length) {
      if (!isPacketAt(bytes, at)) {
        at += 1; // a viewer may come, or the one before it have gone, in the middle of a packet
        continue;
      }
      const packet = bytes.subarray(at, at + PACKET_BYTES);
      if (pidOf(packet) === PAT_PID) tablesAt = at;
      else if (tablesAt >= 0 && isKeyFrame(packet) && this.#isFresh(packet)) return bytes.subarray(tablesAt);
      at += PACKET_BYTES;
    }
    this.#pending = bytes.subarray(tablesAt >= 0 && at - tablesAt < 8 * PACKET_BYTES ? tablesAt : at);
    return null;
  }

  #isFresh(packet: Uint8Array): boolean {
    const time = presentationTime(packet);
    if (time === null) return false;
    const ahead = (((time - this.#freshFrom + TOLERANCE_TICKS) % TIME_RANGE) + TIME_RANGE) % TIME_RANGE;
    return ahead < TIME_RANGE / 2;
  }
}

/** The byte that begins a packet occurs inside of one too: where the next should begin it must stand again. */
const isPacketAt = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === SYNC_BYTE && (at + PACKET_BYTES >= bytes.length || bytes[at + PACKET_BYTES] === SYNC_BYTE);
const byteAt = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;
const pidOf = (packet: Uint8Array): number => ((byteAt(packet, 1) & 0x1f) << 8) | byteAt(packet, 2);

/** A packet that begins a picture's PES packet and carries the random access indicator. */
function isKeyFrame(packet: Uint8Array): boolean {
  const beginsUnit = (byteAt(packet, 1) & 0x40) !== 0;
  const hasAdaptation = (byteAt(packet, 3) & 0x20) !== 0 && byteAt(packet, 4) > 0;
  return beginsUnit && hasAdaptation && (byteAt(packet, 5) & 0x40) !== 0 && isVideo(payloadOf(packet));
}

function payloadOf(packet: Uint8Array): Uint8Array {
  return packet.subarray((byteAt(packet, 3) & 0x20) === 0 ? 4 : 5 + byteAt(packet, 4));
}

const isVideo = (pes: Uint8Array): boolean =>
  byteAt(pes, 0) === 0 && byteAt(pes, 1) === 0 && byteAt(pes, 2) === 1 && (byteAt(pes, 3) & 0xf0) === 0xe0;

function presentationTime(packet: Uint8Array): number | null {
  const pes = payloadOf(packet);
  if ((byteAt(pes, 7) & 0x80) === 0) return null;
  const high = (byteAt(pes, 9) >> 1) & 0x07;
  const middle = (byteAt(pes, 10) << 7) | (byteAt(pes, 11) >> 1);
  const low = (byteAt(pes, 12) << 7) | (byteAt(pes, 13) >> 1);
  return high * 2 ** 30 + middle * 2 ** 15 + low;
}
