import { beforeAll, expect, test } from "vitest";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { afterUpload, boxKeyOfDay, forgetDaysBefore, planDayKeys } from "../../../src/owner/day-keys.ts";
import { newOwnerState } from "../../../src/owner/owner-state.ts";
import { readAudit } from "../../../src/owner/read-audit.ts";
import {
  AUDIT_START,
  type AuditEntry,
  type AuditRow,
  chainAfter,
  sealAuditEntry,
  writeAuditExport,
} from "../../../src/protocol/audit-chain.ts";
import { seedSigner, signStatement } from "../../../src/protocol/envelope.ts";
import { auditHeadStatement } from "../../../src/protocol/statements/audit-head.ts";

const DAY = 20_000;
const device = seedSigner(nodeCrypto, new Uint8Array(32).fill(1));
const fresh = newOwnerState(nodeCrypto, DAY).days;
const days = afterUpload(fresh, planDayKeys(nodeCrypto, fresh, DAY));
const entry: AuditEntry = { kind: "pairing", at: 5, member: device.publicKey };
let rows: AuditRow[];
let head: Uint8Array;

beforeAll(async () => {
  let { chain } = AUDIT_START;
  rows = [1, 2].map((sequence) => {
    const day = DAY + sequence;
    const publicKey = boxKeyOfDay(nodeCrypto, days, day)?.publicKey ?? new Uint8Array(32);
    const sealed = sealAuditEntry(nodeCrypto, entry, [{ day, publicKey }]);
    chain = chainAfter(nodeCrypto, chain, sequence, day, sealed);
    return { sequence, day, sealed, chain };
  });
  head = await signStatement(nodeCrypto, auditHeadStatement, { device: device.publicKey, sequence: 2, chain }, device);
});

const read = (exported: Uint8Array, chain = days) => readAudit(nodeCrypto, chain, device.publicKey, exported);

test("the audit log verifies and opens for its owner", () => {
  const { verdict, rows: opened } = read(writeAuditExport(head, rows));
  expect(verdict.verdict).toBe("ok");
  expect(opened.map((row) => row.entry)).toEqual([entry, entry]);
});

test("rows of forgotten days verify still, and are closed", () => {
  const later = forgetDaysBefore(nodeCrypto, days, DAY + 2);
  const { verdict, rows: opened } = read(writeAuditExport(head, rows), later);
  expect(verdict.verdict).toBe("ok");
  expect(opened.map((row) => row.entry)).toEqual([null, entry]);
});

test("a dropped or changed row, and a head by somebody else, are named", () => {
  expect(read(writeAuditExport(head, rows.slice(1))).verdict.verdict).toBe("sequence");
  expect(read(writeAuditExport(head, rows.slice(0, 1))).verdict.verdict).toBe("head");
  expect(readAudit(nodeCrypto, days, new Uint8Array(32), writeAuditExport(head, rows)).verdict.verdict).toBe(
    "head-signature",
  );
  expect(() => read(Uint8Array.of(1, 2, 3))).toThrow(expect.objectContaining({ code: "owner/unreadable-answer" }));
});
