/** How dates and times are said, in the browser's own zone. */

const LOCALE = "en";
const clock = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const clockWithSeconds = new Intl.DateTimeFormat(LOCALE, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const date = new Intl.DateTimeFormat(LOCALE, { weekday: "long", day: "numeric", month: "long" });
const dateWithYear = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "long", year: "numeric" });
const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });

export const sayTime = (ms: number): string => clock.format(ms);
export const sayTimeWithSeconds = (ms: number): string => clockWithSeconds.format(ms);
export const sayDate = (ms: number): string => dateWithYear.format(ms);
export const sayDateTime = (ms: number): string => `${dateWithYear.format(ms)}, ${clock.format(ms)}`;

/** Midnight by this device's zone. */
export function startOfDay(ms: number): number {
  return new Date(ms).setHours(0, 0, 0, 0);
}

/** `today`, `yesterday`, `Tuesday, 3 March`. */
export function sayDay(ms: number, nowMs: number): string {
  const days = Math.round((startOfDay(ms) - startOfDay(nowMs)) / 86_400_000);
  if (days === 0 || days === -1) {
    const word = relative.format(days, "day");
    return word.charAt(0).toUpperCase() + word.slice(1);
  }
  return date.format(ms);
}

/** `2 minutes ago`. */
export function sayAgo(ms: number, nowMs: number): string {
  const seconds = Math.round((ms - nowMs) / 1000);
  if (seconds > -60) return relative.format(0, "second");
  if (seconds > -3600) return relative.format(Math.round(seconds / 60), "minute");
  if (seconds > -86_400) return relative.format(Math.round(seconds / 3600), "hour");
  return relative.format(Math.round(seconds / 86_400), "day");
}

/** `8.2 seconds`. */
export const saySeconds = (seconds: number): string => `${seconds.toFixed(1)} s`;
