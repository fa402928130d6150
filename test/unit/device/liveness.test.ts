import { expect, test } from "vitest";
import { wedgedPart } from "../../../src/device/liveness.ts";

const MINUTE_MS = 60_000;

test.each([
  ["all is quiet", 0, 0, null],
  ["a camera is being looked for with long pauses", MINUTE_MS, 0, null],
  ["supervision has stopped", 4 * MINUTE_MS, 0, "recorder"],
  ["a card is slow", 0, MINUTE_MS, null],
  ["a write is never answered", 0, 6 * MINUTE_MS, "card"],
] as const)("when %s, silent for %i and %i ms: %s", (_when, recorderSilentMs, cardSilentMs, part) => {
  expect(wedgedPart({ recorderSilentMs, cardSilentMs })).toBe(part);
});
