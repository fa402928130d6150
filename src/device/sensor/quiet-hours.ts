import type { TimesOfDay } from "./sensor-config.ts";

/** Whether a moment lies in one of the spans, in the system's time zone. A span's end is not part of it. */
export function isQuiet(unixMs: number, spans: readonly TimesOfDay[]): boolean {
  const local = new Date(unixMs);
  const minute = local.getHours() * 60 + local.getMinutes();
  return spans.some(({ fromMinute, untilMinute }) =>
    fromMinute < untilMinute
      ? minute >= fromMinute && minute < untilMinute
      : minute >= fromMinute || minute < untilMinute,
  );
}
