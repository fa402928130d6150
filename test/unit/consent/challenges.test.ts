import { expect, test } from "vitest";
import { Challenges, MAX_CHALLENGES } from "../../../src/device/consent/challenges.ts";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

const DAY_MS = 86_400_000;

test("a challenge holds for a day by the monotonic clock, whatever the time of day does", async () => {
  const clock = new FakeClock();
  const challenges = new Challenges(nodeCrypto, clock);
  const challenge = challenges.issue();
  clock.jumpTo(0);
  await clock.advance(DAY_MS - 1);
  expect(challenges.holds(challenge)).toBe(true);
  await clock.advance(1);
  expect(challenges.holds(challenge)).toBe(false);
});

test("a challenge that was used up is gone, the others stay", () => {
  const challenges = new Challenges(nodeCrypto, new FakeClock());
  const [one, two] = [challenges.issue(), challenges.issue()];
  challenges.useUp(one);
  expect([challenges.holds(one), challenges.holds(two)]).toEqual([false, true]);
});

test("asking without end voids the oldest, and memory stays bounded", () => {
  const challenges = new Challenges(nodeCrypto, new FakeClock());
  const first = challenges.issue();
  const later = Array.from({ length: MAX_CHALLENGES }, () => challenges.issue());
  expect(challenges.holds(first)).toBe(false);
  expect(later.every((challenge) => challenges.holds(challenge))).toBe(true);
});
