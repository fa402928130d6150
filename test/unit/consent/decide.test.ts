import { describe, expect, test } from "vitest";
import { type RefusalReason, refusalReasons } from "../../../src/device/consent/decision.ts";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { consentCases } from "../../forge/consent-cases.ts";
import { makeConsentDeskWorld } from "../../forge/consent-desk-world.ts";

describe("each forged consent is refused by name, and its honest original is accepted", () => {
  test.each(consentCases)("$name: $expected", async ({ forge, expected }) => {
    const world = await makeConsentDeskWorld(nodeCrypto);
    const honest = await world.submission(world.challenges.issue());
    expect((await world.decide(honest)).outcome).toBe("accepted");
    const forged = await forge(world, honest);
    expect(await world.decide(forged)).toEqual({ outcome: "refused", reason: expected });
  });

  test("every reason is reached by a case", () => {
    const reached = new Set<RefusalReason>(consentCases.map(({ expected }) => expected));
    expect(Object.keys(refusalReasons).filter((reason) => !reached.has(reason as RefusalReason))).toEqual([]);
  });
});

describe("of two things that are wrong, the one checked first is the reason", () => {
  const firstPerReason = Object.keys(refusalReasons).map((reason) =>
    consentCases.find(({ expected }) => expected === reason),
  );
  // Changes to the payload and to what goes along can be combined freely; these need no other consent first.
  const simple = new Set<string | undefined>(["wrong-device", "household-state", "expired", "manifest", "range"]);
  const changes: Record<string, object> = {
    "wrong-device": { device: new Uint8Array(32) },
    "household-state": { household: 1 },
    expired: { expires: 1 },
    manifest: { manifest: new Uint8Array(32) },
    range: { lanes: [{ lane: 1, first: 4, end: 99 }] },
  };
  const reasons = firstPerReason.map((found) => found?.expected).filter((reason) => simple.has(reason));
  const pairs = reasons.flatMap((first, i) => reasons.slice(i + 1).map((second) => [first, second] as const));

  test.each(pairs)("%s before %s", async (first, second) => {
    const world = await makeConsentDeskWorld(nodeCrypto);
    const both = { ...changes[first ?? ""], ...changes[second ?? ""] };
    const submission = await world.submission(world.challenges.issue(), both);
    expect(await world.decide(submission)).toEqual({ outcome: "refused", reason: first });
  });
});
