/**
 * Input options of a stream that is decoded for motion alone: small, so one thread is cheapest, and the loop filter
 * only smooths what the detector averages anyway.
 */
export const IN_PICTURE_ONLY: readonly string[] = ["-threads", "1", "-skip_loop_filter", "all"];
