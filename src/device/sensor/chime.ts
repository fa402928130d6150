import type { Cancel, Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logger.ts";
import type { OutputPin } from "./gpio-driver.ts";
import { isQuiet } from "./quiet-hours.ts";
import type { ChimeConfig } from "./sensor-config.ts";
import type { SoundPlayer } from "./sound-player.ts";

export interface ChimePorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Null: none connected. */
  readonly relay: OutputPin | null;
  readonly player: SoundPlayer;
}

export type ChimeOutcome = "rang" | "quiet" | "again";

/** Rings inside the house. Needs nothing but the pin and the speaker: no broker, network, camera or member. */
export class Chime {
  readonly #ports: ChimePorts;
  #config: ChimeConfig;
  #lastMs = Number.NEGATIVE_INFINITY;
  #cancelPulse: Cancel | undefined;

  constructor(config: ChimeConfig, ports: ChimePorts) {
    this.#config = config;
    this.#ports = ports;
  }

  configure(config: ChimeConfig): void {
    this.#config = config;
  }

  ring(): ChimeOutcome {
    const { clock, log, player } = this.#ports;
    const { quiet, againAfterMs, soundFile, speaker } = this.#config;
    // A clock that may be wrong must not silence the bell in the middle of the day.
    if (clock.synced() && isQuiet(clock.nowMs(), quiet)) {
      log.debug("chime stays silent in quiet hours"); // above debug it would date a ring in a journal on the card
      return "quiet";
    }
    if (clock.monotonicMs() - this.#lastMs < againAfterMs) return "again";
    this.#lastMs = clock.monotonicMs();
    this.#pulse();
    if (soundFile !== null) player.play(soundFile, speaker);
    return "rang";
  }

  stop(): void {
    this.#cancelPulse?.();
    this.#ports.relay?.set(0);
    this.#ports.player.stop();
  }

  #pulse(): void {
    const { relay, clock } = this.#ports;
    const { relayPulseMs, relayLimitMs } = this.#config;
    if (relay === null || relayPulseMs === 0) return;
    this.#cancelPulse?.();
    relay.set(1, relayLimitMs);
    this.#cancelPulse = clock.after(Math.min(relayPulseMs, relayLimitMs), () => relay.set(0));
  }
}
