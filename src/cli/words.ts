/** How times, sizes, lengths and ids are said to a person. */

const pad = (n: number): string => String(n).padStart(2, "0");

/** Local date and time to the second, in the order that sorts: `2026-03-01 18:04:09`. */
export function localTime(unixMs: number): string {
  const at = new Date(unixMs);
  const date = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  return `${date} ${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
}

export function byteSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** Length of a recording: `8.2 s`, `1:05`, `1:02:03`. */
export function clipLength(ms: number): string {
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const rest = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  return seconds < 3600 ? rest.replace(/^0/, "") : `${Math.floor(seconds / 3600)}:${rest}`;
}

/** A waiting time in the unit a person would use: `5 seconds`, `10 minutes`, `3 days`. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const [count, unit] =
    seconds < 120
      ? [seconds, "second"]
      : seconds < 7200
        ? [Math.round(seconds / 60), "minute"]
        : seconds < 172_800
          ? [Math.round(seconds / 3600), "hour"]
          : [Math.round(seconds / 86_400), "day"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** The first eight characters of an id: enough to tell a home's clips apart, short enough to type. */
export function shortId(hex: string): string {
  return hex.slice(0, 8);
}

/** Groups of four hex digits, as two people read them to each other over the telephone. */
export function fingerprint(digestHex: string): string {
  return (digestHex.slice(0, 32).match(/.{4}/g) ?? []).join(" ");
}

/** Text from another party, made safe for a terminal: no control, bidi or line-breaking characters. */
export function foreignText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\u{fffd}");
}
