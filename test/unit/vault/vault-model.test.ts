import fc from "fast-check";
import { expect, test } from "vitest";
import { fromHex, toHex, utf8 } from "../../../src/protocol/bytes.ts";
import { LANES } from "../../../src/protocol/clip-keys.ts";
import { copyAsAfterPowerCut, openClip, startVault, type TestVault, temporaryFolder } from "./vault-fixture.ts";

/** What a vault should hold: clip id → its video fragments' texts, and whether it is pinned. */
type Model = Map<string, { texts: string[]; pinned: boolean }>;

type Step =
  | { readonly do: "record"; readonly texts: readonly string[]; readonly end: "close" | "stop" | "power-cut" }
  | { readonly do: "pin" | "unpin" | "erase"; readonly which: number }
  | { readonly do: "restart" | "power-cut" | "rebuild" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("record" as const),
      texts: fc.array(fc.string({ maxLength: 20 }), { maxLength: 4 }),
      end: fc.constantFrom("close" as const, "stop" as const, "power-cut" as const),
    }),
  },
  fc.record({ do: fc.constantFrom("pin" as const, "unpin" as const, "erase" as const), which: fc.nat(20) }),
  fc.record({ do: fc.constantFrom("restart" as const, "power-cut" as const, "rebuild" as const) }),
);

async function afterPowerCut(card: TestVault): Promise<TestVault> {
  const dir = await copyAsAfterPowerCut(card, "memory");
  await card.vault.stop();
  return startVault({ dir }, {}, card.clock);
}

async function record(card: TestVault, model: Model, { texts, end }: Step & { do: "record" }): Promise<TestVault> {
  const clip = await openClip(card);
  for (const text of texts) await clip.append(LANES.video, utf8(text));
  model.set(toHex(clip.id), { texts: [...texts], pinned: false });
  if (end === "close") await clip.close("full", utf8("meta 1"));
  if (end === "stop") return card.restart();
  return end === "power-cut" ? afterPowerCut(card) : card;
}

async function change(card: TestVault, model: Model, kind: "pin" | "unpin" | "erase", which: number): Promise<void> {
  const hex = [...model.keys()][which % Math.max(1, model.size)];
  const clip = hex === undefined ? undefined : model.get(hex);
  if (hex === undefined || clip === undefined) return;
  await card.vault[kind](fromHex(hex));
  if (kind === "erase") model.delete(hex);
  else clip.pinned = kind === "pin";
}

async function run(card: TestVault, model: Model, next: Step): Promise<TestVault> {
  switch (next.do) {
    case "record":
      return record(card, model, next);
    case "restart":
      return card.restart();
    case "power-cut":
      return afterPowerCut(card);
    case "rebuild":
      await card.vault.rebuildCatalog();
      return card;
    default:
      await change(card, model, next.do, next.which);
      return card;
  }
}

test("whatever is recorded, pinned, erased, stopped, cut off and rebuilt, the vault holds exactly what it was told", async () => {
  const runs = process.env.SLOW === "1" ? 300 : 15;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const model: Model = new Map();
      let card = await startVault({ dir: await temporaryFolder("memory") });
      for (const next of steps) card = await run(card, model, next);
      const rows = card.vault.list();
      expect(rows.map(({ id }) => toHex(id)).toSorted()).toEqual([...model.keys()].toSorted());
      for (const { id, pinned, state } of rows) {
        expect(state).toBe("sealed");
        expect(pinned).toBe(model.get(toHex(id))?.pinned);
        expect(await card.member.open(card.vault, id, LANES.video)).toEqual(model.get(toHex(id))?.texts);
      }
      expect((await card.vault.check()).findings).toEqual([]);
      expect(card.log.events("error")).toEqual([]);
      await card.vault.stop();
    }),
    { numRuns: runs },
  );
}, 300_000);
