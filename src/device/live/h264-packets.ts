/** RTP payloads for H.264, packetization mode 1 (RFC 6184). */

const ACCESS_UNIT_DELIMITER = 9;
const FILLER = 12;
const STAP_A = 24;
const FU_A = 28;
const TYPE_BITS = 0x1f;
const REFERENCE_BITS = 0x60;

/**
 * Cuts one picture into payloads: small units side by side in one, large ones in equal parts.
 * @param picture - Annex B. What a decoder has no use for, such as filler, is left out.
 * @param most - Bytes that a payload may have.
 */
export function packetize(picture: Buffer, most: number): Buffer[] {
  const payloads: Buffer[] = [];
  let small: Buffer[] = [];
  let smallBytes = 1;
  const flush = (): void => {
    const [only, ...more] = small;
    if (only !== undefined) payloads.push(more.length === 0 ? only : aggregate(small));
    small = [];
    smallBytes = 1;
  };
  for (const unit of unitsOf(picture)) {
    if (smallBytes + 2 + unit.length > most) flush();
    if (unit.length > most) payloads.push(...fragments(unit, most));
    else {
      small.push(unit);
      smallBytes += 2 + unit.length;
    }
  }
  flush();
  return payloads;
}

function aggregate(units: readonly Buffer[]): Buffer {
  const importance = Math.max(...units.map((unit) => unit.readUInt8(0) & REFERENCE_BITS));
  const sized = units.flatMap((unit) => {
    const size = Buffer.allocUnsafe(2);
    size.writeUInt16BE(unit.length);
    return [size, unit];
  });
  return Buffer.concat([Buffer.of(importance | STAP_A), ...sized]);
}

function fragments(unit: Buffer, most: number): Buffer[] {
  const header = unit.readUInt8(0);
  const data = unit.subarray(1);
  const count = Math.ceil(data.length / (most - 2));
  const each = Math.ceil(data.length / count);
  const all = Buffer.allocUnsafe(data.length + 2 * count);
  return Array.from({ length: count }, (_, i) => {
    const edge = (i === 0 ? 0x80 : 0) | (i === count - 1 ? 0x40 : 0);
    const at = i * (each + 2);
    all[at] = (header & ~TYPE_BITS) | FU_A;
    all[at + 1] = edge | (header & TYPE_BITS);
    return all.subarray(at, at + 2 + data.copy(all, at + 2, i * each, (i + 1) * each));
  });
}

/** The units between start codes; zeros that end one belong to the next start code. */
function unitsOf(picture: Buffer): Buffer[] {
  const units: Buffer[] = [];
  let from = afterStartCode(picture, 0);
  while (from >= 0) {
    const next = picture.indexOf(START_CODE, from);
    let until = next < 0 ? picture.length : next;
    while (until > from && picture[until - 1] === 0) until -= 1;
    const unit = picture.subarray(from, until);
    const type = (unit[0] ?? FILLER) & TYPE_BITS;
    if (unit.length > 0 && type !== ACCESS_UNIT_DELIMITER && type !== FILLER) units.push(unit);
    from = next < 0 ? -1 : next + START_CODE.length;
  }
  return units;
}

const START_CODE = Buffer.of(0, 0, 1);

function afterStartCode(picture: Buffer, from: number): number {
  const at = picture.indexOf(START_CODE, from);
  return at < 0 ? -1 : at + START_CODE.length;
}
