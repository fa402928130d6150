/** How times, sizes, lengths and ids are said to a person. */

import { sayLength } from "../say/amounts.ts";
import { sayForeign } from "../say/texts.ts";

export { sayBytes as byteSize, sayDuration as duration } from "../say/amounts.ts";
export { sayFingerprint as fingerprint, sayForeign as foreignText } from "../say/texts.ts";

/** The same of an error's message, which may have lines: what a stranger's file or server said can stand in any. */
export const foreignLines = (text: string): string => text.split("\n").map(sayForeign).join("\n");

const pad = (n: number): string => String(n).padStart(2, "0");

/** Local date and time to the second, in the order that sorts: `2026-03-01 18:04:09`. */
export function localTime(unixMs: number): string {
  const at = new Date(unixMs);
  const date = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  return `${date} ${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
}

/** Length of a recording: `8.2 s`, `1:05`, `1:02:03`. */
export function clipLength(ms: number): string {
  return ms < 59_950 ? `${(ms / 1000).toFixed(1)} s` : sayLength(ms);
}

/** The first eight characters of an id: enough to tell a home's clips apart, short enough to type. */
export function shortId(hex: string): string {
  return hex.slice(0, 8);
}
