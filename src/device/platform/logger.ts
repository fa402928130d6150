/** Neither bytes nor objects fit in, so keys and frames cannot be logged. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** An event is a short phrase that never varies; what varies goes into fields. No names, no addresses: ids only. */
export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const nothing = (): void => {};

export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
