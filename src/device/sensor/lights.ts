import type { Clock } from "../platform/clock.ts";
import type { OutputPin } from "./gpio-driver.ts";
import { Led, type LedPattern } from "./led.ts";
import type { LedConfig } from "./sensor-config.ts";

/** What the status LED shows, most pressing first; of several that hold, the first is shown. firmware/board/README.md says it in words. */
export const statusPatterns = {
  "factory-reset": "on",
  "reset-near": [80, 80],
  pairing: [500, 500],
  "recovery-claim": [500, 150, 150, 700],
  "bell-only": [150, 150, 150, 150, 150, 150, 150, 950],
  privacy: [1800, 200],
  "pin-refused": [150, 150, 150, 150, 150, 150, 150, 150, 150, 950],
  "camera-lost": [150, 150, 150, 1050],
  "button-stuck": [150, 150, 150, 150, 150, 750],
  "no-member": [100, 2900],
  "link-lost": [100, 900],
  "microphone-lost": [1400, 150, 150, 300],
} as const satisfies Readonly<Record<string, LedPattern>>;
/** Shown by `doorward failed-light` when the daemon has ended for good: two long flashes and a short one. */
export const START_FAILED: LedPattern = [600, 200, 600, 200, 150, 1250];
export type StatusCondition = keyof typeof statusPatterns;

const CONDITIONS = Object.keys(statusPatterns) as readonly StatusCondition[];
/** The button answers the finger. */
const PRESSED: LedPattern = [100, 100];

export interface LightPins {
  readonly status: OutputPin | null;
  readonly recording: OutputPin | null;
  readonly button: OutputPin | null;
  readonly talk: OutputPin | null;
}

export class Lights {
  readonly #config: LedConfig;
  readonly #status: Led;
  readonly #recording: Led;
  readonly #button: Led;
  readonly #talk: Led;
  readonly #holding = new Set<StatusCondition>();

  constructor(config: LedConfig, clock: Clock, pins: LightPins) {
    this.#config = config;
    this.#status = new Led(clock, pins.status);
    this.#recording = new Led(clock, pins.recording);
    this.#button = new Led(clock, pins.button);
    this.#talk = new Led(clock, pins.talk);
  }

  start(): void {
    this.#showStatus();
    this.pressed(false);
  }

  set(condition: StatusCondition, holds: boolean): void {
    if (holds) this.#holding.add(condition);
    else this.#holding.delete(condition);
    this.#showStatus();
  }

  /** Called where recording begins and ends, not where it is wished for: the light is a promise to whoever stands there. */
  recording(on: boolean): void {
    this.#recording.show(on ? "on" : "off");
  }

  /** Lit as long as somebody inside can hear, or talk: whoever stands there knows. */
  talking(on: boolean): void {
    this.#talk.show(on ? "on" : "off");
  }

  pressed(down: boolean): void {
    if (down) this.#button.show(PRESSED);
    else this.#button.show(this.#config.button ? "on" : "off");
  }

  stop(): void {
    for (const led of [this.#status, this.#recording, this.#button, this.#talk]) led.show("off");
  }

  #showStatus(): void {
    const first = CONDITIONS.find((condition) => this.#holding.has(condition));
    if (first !== undefined) this.#status.show(statusPatterns[first]);
    else this.#status.show(this.#config.status ? "on" : "off");
  }
}
