/** What buttons, sensor, lights and chime are told. Plain values: the configuration fills them. */

export const INPUT_PINS = ["bell", "pairing", "motion"] as const;
export const OUTPUT_PINS = ["chime", "statusLed", "recordingLed", "buttonLed", "talkLed"] as const;
export type InputName = (typeof INPUT_PINS)[number];
export type OutputName = (typeof OUTPUT_PINS)[number];

export interface PinAssignment {
  /** Broadcom number, as `pinctrl` names it; never a number of sysfs. */
  readonly bcm: number;
  /** On at 0 V, as a button to ground is. */
  readonly activeLow: boolean;
}

/** What is not listed is not connected. */
export type Pins = Readonly<Partial<Record<InputName | OutputName, PinAssignment>>>;

export interface ButtonConfig {
  /** A pulse shorter than this is noise. At most 10 ms: it delays every ring. */
  readonly glitchFilterMs: number;
  /** After an edge that counted, others are ignored for this long. */
  readonly debounceMs: number;
  readonly stuckAfterMs: number;
}

export interface PairingButtonConfig extends ButtonConfig {
  readonly pressMs: number;
  readonly resetHoldMs: number;
}

/** A span of the local day, in minutes since midnight; an end at or before the start runs over midnight. */
export interface TimesOfDay {
  readonly fromMinute: number;
  readonly untilMinute: number;
}

export interface ChimeConfig {
  /** 0: the relay is left alone. */
  readonly relayPulseMs: number;
  /** The relay is let go after this long, whatever happens. */
  readonly relayLimitMs: number;
  readonly againAfterMs: number;
  readonly soundFile: string | null;
  /** ALSA name. */
  readonly speaker: string;
  readonly quiet: readonly TimesOfDay[];
}

export interface LedConfig {
  readonly status: boolean;
  readonly button: boolean;
}

export interface SensorConfig {
  readonly driver: "simulated" | "onoff" | "gpiod";
  readonly pins: Pins;
  readonly bell: ButtonConfig;
  readonly pairing: PairingButtonConfig;
  readonly chime: ChimeConfig;
  readonly leds: LedConfig;
}
