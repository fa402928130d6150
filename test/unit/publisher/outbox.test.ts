import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openLedger } from "../../../src/device/audit/ledger.ts";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { Outbox } from "../../../src/device/publisher/outbox.ts";
import { utf8 } from "../../../src/protocol/bytes.ts";

function makeOutbox() {
  const dir = mkdtempSync(join(tmpdir(), "outbox-"));
  const ledger = openLedger(join(dir, "ledger.db"));
  onTestFinished(() => {
    ledger.close();
    rmSync(dir, { recursive: true });
  });
  const onDisk = (text: string): boolean =>
    readdirSync(dir).some((file) => readFileSync(join(dir, file)).includes(text));
  return { ledger, outbox: new Outbox(ledger, nodeCrypto), onDisk };
}

const accepted = (token: number, facts: Uint8Array | null = null) => ({
  token: new Uint8Array(16).fill(token),
  envelopes: [utf8("first envelope"), utf8("second")],
  grant: utf8("grant"),
  card: utf8("card of the insurance"),
  facts,
  purpose: "parcel",
});

test("an accepted consent comes back as it was, in the order of acceptance", () => {
  const { outbox } = makeOutbox();
  outbox.add(accepted(2));
  outbox.add(accepted(1, utf8("facts")));
  expect(outbox.open()).toEqual([accepted(2), accepted(1, utf8("facts"))]);
  expect(outbox.deliveryOf(accepted(1).token)).toHaveLength(16);
});

test("a token is accepted once, whatever became of it", () => {
  const { outbox } = makeOutbox();
  outbox.add(accepted(1));
  outbox.end(accepted(1).token, "delivered");
  expect(() => outbox.add(accepted(1))).toThrow();
  expect(outbox.has(accepted(1).token)).toBe(true);
});

test.each(["delivered", "revoked", "void"] as const)(
  "nothing on disk tells who was to get it once it is %s",
  (state) => {
    const { outbox, onDisk } = makeOutbox();
    outbox.add(accepted(1));
    expect(onDisk("insurance")).toBe(true);
    expect(outbox.end(accepted(1).token, state)).toBe(true);
    expect(onDisk("insurance")).toBe(false);
    expect(outbox.states()).toEqual([{ token: accepted(1).token, state }]);
    expect([outbox.open(), outbox.deliveryOf(accepted(1).token)]).toEqual([[], null]);
  },
);

test("what has ended stays ended as it was", () => {
  const { outbox } = makeOutbox();
  outbox.add(accepted(1));
  outbox.end(accepted(1).token, "delivered");
  expect(outbox.end(accepted(1).token, "revoked")).toBe(false);
  expect(outbox.stateOf(accepted(1).token)).toBe("delivered");
});

test("an acceptance that the rest of its transaction undoes was never there", () => {
  const { ledger, outbox } = makeOutbox();
  const failing = () =>
    ledger.transaction(() => {
      outbox.add(accepted(1));
      throw new Error("the audit row does not fit");
    });
  expect(failing).toThrow("audit row");
  expect(outbox.has(accepted(1).token)).toBe(false);
});
