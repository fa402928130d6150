export interface LifeSigns {
  readonly recorderSilentMs: number;
  readonly cardSilentMs: number;
}

/** Far above the longest wait between two lives of ffmpeg (30 s), its first picture (15 s) and a camera's longest group of pictures. */
const RECORDER_MS = 3 * 60_000;
/** The kernel gives up on a dead card sooner; what waits for longer waits for nobody. */
const CARD_MS = 5 * 60_000;

/**
 * What a watchdog's ping stands for. That the event loop turns needs no question: the ping is sent from it, and a catalog
 * commit, which is synchronous, would hold it up. What can hang while it turns is asked here, at the cost of two subtractions:
 * supervision of the camera, and a write of the vault that was begun and not answered. A write made only to see whether one
 * succeeds would wear the card, and tells less than the clip that is being recorded. A camera that is gone, a card that
 * refuses, a broker out of reach are no cause: they have their own retry, and a restart would only cost the bell.
 * @returns The part that a restart may mend, or null.
 */
export function wedgedPart({ recorderSilentMs, cardSilentMs }: LifeSigns): "recorder" | "card" | null {
  if (recorderSilentMs > RECORDER_MS) return "recorder";
  return cardSilentMs > CARD_MS ? "card" : null;
}
