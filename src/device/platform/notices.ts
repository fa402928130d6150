import type { Log } from "./logger.ts";

/** What parts tell each other, in the past tense. Losing a notice loses no data. Times are unix milliseconds. */
export interface Notices {
  /** The bell's pin has changed, from which a press may come; `forMs`: how long that takes to be sure. */
  bellTouched: { readonly forMs: number };
  ringPressed: { readonly atMs: number };
  ringReleased: { readonly atMs: number };
  motionStarted: { readonly atMs: number; readonly source: "pir" | "pixels" };
  clipOpened: { readonly clip: string; readonly trigger: "ring" | "motion" };
  clipSealed: { readonly clip: string; readonly closed: "full" | "cut" };
  cameraLost: { readonly reason: string };
  cameraBack: Record<string, never>;
  /** A capture gives all that a clip needs, the first one too, which was never lost. */
  cameraReady: Record<string, never>;
  microphoneLost: Record<string, never>;
  microphoneBack: Record<string, never>;
  linkLost: Record<string, never>;
  linkUp: Record<string, never>;
  buttonStuck: { readonly button: "ring" | "pairing"; readonly heldMs: number };
  pairingRequested: Record<string, never>;
  factoryResetRequested: Record<string, never>;
  privacyChanged: { readonly on: boolean };
  recordingRefused: { readonly reason: string };
  /** Before the first picture leaves, and after the last; `sound`: the microphone is heard. */
  liveBegan: { readonly sound: boolean };
  liveEnded: { readonly sound: boolean };
  shareDelivered: { readonly token: string };
}

export type NoticeName = keyof Notices;

/** Each listener runs on its own: one that throws is logged and disturbs neither the sender nor the others. */
export class NoticeBus {
  readonly #listeners = new Map<NoticeName, Set<(notice: never) => unknown>>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  on<Name extends NoticeName>(name: Name, listener: (notice: Notices[Name]) => void | Promise<void>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  emit<Name extends NoticeName>(name: Name, notice: Notices[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) void this.#deliver(name, listener, notice);
  }

  async #deliver(name: NoticeName, listener: (notice: never) => unknown, notice: unknown): Promise<void> {
    try {
      await listener(notice as never);
    } catch (error) {
      this.#log.error("notice listener failed", { notice: name, error: String(error) });
    }
  }
}
