import { START_FAILED, statusPatterns } from "../../src/device/sensor/lights.ts";

type Shown = keyof typeof statusPatterns | "start-failed" | "well";

/** In the order of the guide's table, in its words. */
const meanings: readonly (readonly [Shown, string])[] = [
  ["well", "all is well"],
  ["start-failed", "the daemon could not start"],
  ["bell-only", "only the bell works"],
  ["pin-refused", "a lamp or the chime has no pin"],
  ["camera-lost", "no picture"],
  ["microphone-lost", "a picture, no sound"],
  ["button-stuck", "the button is stuck"],
  ["link-lost", "the broker is out of reach"],
  ["no-member", "nobody is paired"],
  ["privacy", "privacy mode"],
  ["pairing", "scan the code now"],
  ["recovery-claim", "somebody used the recovery words"],
  ["reset-near", "hold on, and all is reset"],
];
const SECONDS = 6;
const SECOND_PX = 90;
const ROW_PX = 30;
const LEFT_PX = 275;
const TOP_PX = 40;

/** docs/picture/lights.svg: what the status LED shows over some seconds, from the patterns that the daemon plays. */
export function lightsPicture(): string {
  const width = LEFT_PX + SECONDS * SECOND_PX + 20;
  const height = TOP_PX + meanings.length * ROW_PX + 12;
  const seconds = Array.from({ length: SECONDS + 1 }, (_, s) => {
    const x = LEFT_PX + s * SECOND_PX;
    return `<line x1="${x}" y1="${TOP_PX - 8}" x2="${x}" y2="${height - 10}" stroke="#c9d0d8"/>
<text x="${x}" y="${TOP_PX - 14}" font-size="12" text-anchor="middle">${s} s</text>`;
  });
  const rows = meanings.map(([shown, meaning], row) => {
    const y = TOP_PX + row * ROW_PX;
    return `<text x="${LEFT_PX - 14}" y="${y + 16}" font-size="14" text-anchor="end">${meaning}</text>
<rect x="${LEFT_PX}" y="${y + 4}" width="${SECONDS * SECOND_PX}" height="16" rx="3" fill="#1d2530"/>
${litSpans(shown)
  .map(
    ([from, to]) =>
      `<rect x="${LEFT_PX + at(from)}" y="${y + 4}" width="${at(to - from)}" height="16" rx="3" fill="#ffd54a"/>`,
  )
  .join("\n")}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" fill="#1d2530">
<title>What the status LED shows</title>
<rect width="${width}" height="${height}" fill="#fff"/>
${[...seconds, ...rows].join("\n")}
</svg>
`;
}

const at = (ms: number): number => Math.round((ms / 1000) * SECOND_PX);

function litSpans(shown: Shown): readonly (readonly [fromMs: number, toMs: number])[] {
  const endMs = SECONDS * 1000;
  const pattern = shown === "well" ? "on" : shown === "start-failed" ? START_FAILED : statusPatterns[shown];
  if (typeof pattern === "string") return [[0, endMs]];
  const spans: (readonly [number, number])[] = [];
  for (let ms = 0, step = 0; ms < endMs; step += 1) {
    const length = pattern[step % pattern.length] ?? 0;
    if (step % 2 === 0) spans.push([ms, Math.min(ms + length, endMs)]);
    ms += length;
  }
  return spans;
}
