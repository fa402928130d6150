import type { DoorwardConfig } from "../../device/config/config.ts";
import type { DaemonStatus } from "./daemon.ts";

export type Level = "ok" | "note" | "problem";

export interface Finding {
  readonly topic: string;
  readonly level: Level;
  /** Without names, addresses and paths, so that it can stand in a public bug report. */
  readonly found: string;
  /** Where: may name paths and addresses; left out of a report. */
  readonly where?: string;
  /** What to do; there for everything that is not ok. */
  readonly remedy?: string;
}

export type Found = Omit<Finding, "topic">;

export interface DoctorContext {
  readonly config: DoorwardConfig;
  /** Whether a daemon answers here: then the camera and the pins are in its hands. */
  readonly isDaemonRunning: boolean;
  readonly daemon: DaemonStatus | null;
  readonly signal: AbortSignal;
}

export interface Check {
  readonly topic: string;
  look(context: DoctorContext): Promise<readonly Found[]>;
}
