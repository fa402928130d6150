import { expect, test } from "vitest";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { makeConsentDeskWorld } from "../../forge/consent-desk-world.ts";
import { Dice } from "../../forge/dice.ts";
import { forgedToken } from "../../forge/forged-token.ts";

const COUNT = 1_000;

test(`of ${COUNT} random forgeries none is accepted; the honest token they were made from is`, async () => {
  const world = await makeConsentDeskWorld(nodeCrypto);
  const make = () => world.submission(world.challenges.issue());
  const material = { fresh: await make(), other: await make(), accepted: await make() };
  await world.accept(material.accepted);
  const dice = new Dice(20_260_101);
  const accepted: string[] = [];
  for (let i = 0; i < COUNT; i += 1) {
    const { kind, submission } = await forgedToken(world, material, dice);
    if ((await world.decide(submission)).outcome !== "refused") accepted.push(kind);
  }
  expect(accepted).toEqual([]);
  expect((await world.decide(material.fresh)).outcome).toBe("accepted");
});
