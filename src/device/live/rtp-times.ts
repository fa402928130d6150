const RTP_RANGE = 2 ** 32;
const STREAM_RANGE = 2 ** 33;
/** More than this between two pictures, either way, is a camera that began anew. */
const LONGEST_STEP_TICKS = 5 * 90_000;
/** What is put in its place. */
const USUAL_STEP_TICKS = 90_000 / 15;

/** Gives the stream's times to RTP, which must go on without a leap while the camera's own may begin anew. */
export class RtpTimes {
  #last: number | null = null;
  #shift: number;

  /** @param shift - RTP begins anywhere (RFC 3550, 5.1). */
  constructor(shift: number) {
    this.#shift = shift;
  }

  /** @param time - In 90 kHz ticks of 33 bits; null where the stream gives none. */
  next(time: number | null): number {
    const last = this.#last ?? time ?? 0;
    const now = time ?? last + USUAL_STEP_TICKS;
    const step = distance(last, now);
    if (Math.abs(step) > LONGEST_STEP_TICKS) this.#shift += USUAL_STEP_TICKS - step;
    this.#last = now;
    return (((now + this.#shift) % RTP_RANGE) + RTP_RANGE) % RTP_RANGE;
  }
}

/** The shorter way round. */
function distance(from: number, to: number): number {
  const ahead = (((to - from) % STREAM_RANGE) + STREAM_RANGE) % STREAM_RANGE;
  return ahead < STREAM_RANGE / 2 ? ahead : ahead - STREAM_RANGE;
}
