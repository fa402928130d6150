import { describe, expect, test } from "vitest";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { seedSigner, signStatement } from "../../../src/protocol/envelope.ts";
import { NO_FACTS, sealFacts } from "../../../src/protocol/facts.ts";
import { buildShare } from "../../../src/protocol/share.ts";
import { clipKeyStatement } from "../../../src/protocol/statements/clip-key.ts";
import { failures } from "../../../src/recipient/verdict.ts";
import { verifyShare } from "../../../src/recipient/verify-share.ts";
import { sealClip, tinyContent } from "../../fakes/sealed-clip.ts";
import { runShareCase, shareCases } from "../../forge/share-cases.ts";
import { makeShareWorld } from "../../forge/share-world.ts";

describe("each forged share gets its own verdict, and its control is ok", () => {
  test.each(shareCases)("$name: $expected", async (shareCase) => {
    const { forged, control } = await runShareCase(await makeShareWorld(nodeCrypto), shareCase);
    expect(forged.verdict).toBe(shareCase.expected);
    expect(forged.text.startsWith(`${shareCase.expected}: `)).toBe(true);
    expect(control.verdict).toBe("ok");
  });

  test("every verdict is reached by a case", () => {
    const reached = new Set<string>(shareCases.map(({ expected }) => expected));
    expect(Object.keys(failures).filter((verdict) => !reached.has(verdict))).toEqual([]);
  });
});

describe("an honest share", () => {
  test.each([
    [[{ lane: 1, first: 4, end: 9 }], "ok: fragments 4-8 of 10, sound withheld, clock synced"],
    [[{ lane: 2, first: 4, end: 9 }], "ok: picture withheld, sound 4-8 of 10, clock synced"],
    [
      [
        { lane: 1, first: 1, end: 11 },
        { lane: 2, first: 2, end: 3 },
      ],
      "ok: fragments 1-10 of 10, sound 2-2 of 10, clock synced",
    ],
  ])("of %j says: %s", async (lanes, text) => {
    const world = await makeShareWorld(nodeCrypto);
    expect(world.verdict(await world.honestParts(world.clip, { lanes })).text).toBe(text);
  });

  test("of a cut clip with an unset clock and no sound says so", async () => {
    const world = await makeShareWorld(nodeCrypto);
    const content = { ...tinyContent(), audio: [] };
    const clip = await sealClip(nodeCrypto, world.deviceSeed, content, {
      manifest: { closed: "cut", clock: "unsynced" },
    });
    const verdict = world.verdict(await world.honestParts(clip, { lanes: [{ lane: 1, first: 4, end: 9 }] }));
    expect(verdict.text).toBe(
      "ok: fragments 4-8 of 10, no sound recorded, clock unsynced, the recording was cut short",
    );
  });

  test("verifies without the recipient's keys, and says that the seals stayed shut", async () => {
    const world = await makeShareWorld(nodeCrypto);
    const verdict = verifyShare(nodeCrypto, buildShare(await world.honestParts()), null);
    expect(verdict.text).toBe("ok: fragments 4-8 of 10, sound 4-8 of 10, clock synced, seals not opened");
  });

  test("carries the owner's additions, and tells the doorbell's key only from a statement about this clip", async () => {
    const world = await makeShareWorld(nodeCrypto);
    const device = seedSigner(nodeCrypto, world.deviceSeed);
    const share = async (clipKey: Uint8Array) => {
      const facts = sealFacts(nodeCrypto, { ...NO_FACTS, place: "door, facing north", clipKey }, world.boxKey);
      return world.verdict({ ...(await world.honestParts()), facts });
    };
    const own = await share(world.clip.clipKeyEnvelope);
    expect(own).toMatchObject({ verdict: "ok", device: device.publicKey, facts: { place: "door, facing north" } });
    expect((await share(world.otherClip.clipKeyEnvelope)).verdict).toBe("binding");
    const claim = { device: device.publicKey, clip: world.clip.id, clipKey: world.clip.manifest.clipKey };
    const stranger = seedSigner(nodeCrypto, nodeCrypto.randomBytes(32));
    expect((await share(await signStatement(nodeCrypto, clipKeyStatement, claim, stranger))).verdict).toBe("binding");
  });
});
