import pino from "pino";
import type { Log, LogLevel } from "./logger.ts";

export interface NodeLogOptions {
  readonly level?: LogLevel;
  /** journald reads the severity from a `<6>` at the start of each line, and stamps the time itself. */
  readonly journald?: boolean;
  readonly write?: (line: string) => void;
}

/** The level can change while the daemon runs. */
export interface NodeLog extends Log {
  setLevel(level: LogLevel): void;
}

/** syslog(3) severities, by pino's level number. */
const PRIORITIES: Readonly<Record<number, string>> = { 20: "<7>", 30: "<6>", 40: "<4>", 50: "<3>" };

export function makeNodeLog({
  level = "info",
  journald = process.env.JOURNAL_STREAM !== undefined,
  write = (line) => void process.stdout.write(line),
}: NodeLogOptions = {}): NodeLog {
  const destination = {
    lastLevel: 30,
    write(line: string): void {
      write(journald ? `${PRIORITIES[this.lastLevel] ?? "<6>"}${line}` : line);
    },
    // pino sets `lastLevel` before each write of a destination that carries this mark.
    [Symbol.for("pino.metadata")]: true,
  };
  const logger = pino(
    {
      level,
      base: null,
      timestamp: journald ? false : pino.stdTimeFunctions.isoTime,
      messageKey: "event",
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return {
    setLevel(next) {
      logger.level = next;
    },
    debug: (event, fields) => logger.debug(fields ?? {}, event),
    info: (event, fields) => logger.info(fields ?? {}, event),
    warn: (event, fields) => logger.warn(fields ?? {}, event),
    error: (event, fields) => logger.error(fields ?? {}, event),
  };
}
