import type { InputName, OutputName } from "./sensor-config.ts";

/** 1: pressed, lit, pulling, moving; 0: not. Whether that is high or low voltage is the driver's business. */
export type Level = 0 | 1;

/** @param atMs - When the pin changed, by `Clock.monotonicMs`; never later than now. */
export type OnLevel = (level: Level, atMs: number) => void;

export interface InputPin {
  /** As it was when the pin was opened. */
  readonly initial: Level;
  /** Every change, bounce and glitches included; a change and its reversal may both be missed. One watcher. */
  watch(onLevel: OnLevel): void;
}

export interface OutputPin {
  /**
   * Never throws; a failure is logged.
   * @param lapseMs - For level 1: the pin goes back to 0 after this time even when this process hangs or is killed.
   */
  set(level: Level, lapseMs?: number): void;
}

export interface GpioDriver {
  /** @throws SensorError when the hardware is not what the configuration says. */
  start(signal: AbortSignal): Promise<void>;
  /** Null: not connected. */
  input(name: InputName): Promise<InputPin | null>;
  /** At 0 once opened. Null: not connected. */
  output(name: OutputName): Promise<OutputPin | null>;
  /** What a shell is told to turn an output off when this process was killed. Null: not connected, or nothing to turn off. */
  letGo(name: OutputName): string | null;
  /** Outputs go to 0. */
  stop(): Promise<void>;
}
