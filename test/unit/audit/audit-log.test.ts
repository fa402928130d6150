import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { AuditLog } from "../../../src/device/audit/audit-log.ts";
import { type Ledger, openLedger } from "../../../src/device/audit/ledger.ts";
import { nodeCrypto as crypto } from "../../../src/device/platform/node-crypto.ts";
import {
  type AuditEntry,
  openAuditRow,
  readAuditExport,
  verifyAuditChain,
  writeAuditExport,
} from "../../../src/protocol/audit-chain.ts";
import { seedSigner } from "../../../src/protocol/envelope.ts";
import { portableCrypto } from "../../../src/protocol/portable-crypto.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

const MS_PER_DAY = 86_400_000;
const bytes = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);
const signer = seedSigner(crypto, bytes(32, 7));

const entries: readonly AuditEntry[] = [
  {
    kind: "release",
    at: 1_767_225_600,
    token: bytes(16, 1),
    clip: bytes(16, 2),
    lanes: [{ lane: 1, first: 3, end: 8 }],
    recipient: bytes(32, 3),
    request: null,
    consent: bytes(32, 4),
    basis: "own",
    signers: [bytes(32, 5), bytes(32, 6)],
  },
  { kind: "pairing", at: 1, member: bytes(32, 7) },
  { kind: "household", at: 2, state: 2, member: bytes(32, 7), role: "viewer", quorum: 16 },
  { kind: "privacy", at: 3, on: true, member: null },
  { kind: "config", at: 4, settings: ["recorder.preRoll"] },
  { kind: "revocation", at: 5, token: bytes(16, 1), member: bytes(32, 7) },
  { kind: "live-session", at: 6, member: bytes(32, 7), seconds: 42 },
];

async function openTestLedger() {
  const dir = await mkdtemp(join(tmpdir(), "audit-test-"));
  const path = join(dir, "ledger.db");
  const ledger = openLedger(path);
  onTestFinished(async () => {
    ledger.close();
    await rm(dir, { recursive: true });
  });
  const clock = new FakeClock();
  const log = new AuditLog(ledger, { crypto, clock, signer });
  return { dir, path, ledger, clock, log };
}

const member = (name: number) => {
  const pair = crypto.boxKeyFromSecret(bytes(32, name));
  return { key: { day: 20_454, publicKey: pair.publicKey }, keyOf: (day: number) => (day === 20_454 ? pair : null) };
};

/** Changes rows behind the log's back, as somebody at the card could. */
function tamper(ledger: Ledger, sql: string): void {
  ledger.db.exec("DROP TRIGGER IF EXISTS audit_no_update; DROP TRIGGER IF EXISTS audit_no_delete");
  ledger.db.exec(sql);
}

describe("an audit row", () => {
  test.each(entries)(
    "of kind $kind is read by every member and by nobody else, on phone and device alike",
    async (entry) => {
      const { log } = await openTestLedger();
      const [anna, berta, carla] = [member(1), member(2), member(3)];
      log.append(entry, [anna.key, berta.key]);
      const [row] = log.rows(0, 10);
      if (row === undefined) throw new Error("no row");
      expect(openAuditRow(crypto, row, anna.keyOf)).toEqual(entry);
      expect(openAuditRow(portableCrypto, row, berta.keyOf)).toEqual(entry);
      expect(openAuditRow(crypto, row, carla.keyOf)).toBeNull();
      expect(openAuditRow(crypto, row, () => null)).toBeNull();
    },
  );

  test("has one length whatever it tells, so that kinds cannot be counted", async () => {
    const { log } = await openTestLedger();
    for (const entry of entries) log.append(entry, [member(1).key]);
    expect(new Set(log.rows(0, 100).map(({ sealed }) => sealed.length)).size).toBe(1);
  });

  test("shows the card nothing but sequence, day and hashes", async () => {
    const { log, dir, ledger } = await openTestLedger();
    for (const entry of entries) log.append(entry, [member(1).key]);
    ledger.close();
    for (const name of await readdir(dir)) {
      const file = await readFile(join(dir, name));
      for (const clear of ["release", "pairing", "viewer", "recorder.preRoll"]) {
        expect(file.includes(clear), `${clear} in ${name}`).toBe(false);
      }
    }
  });

  test("without members is still a link of the chain", async () => {
    const { log } = await openTestLedger();
    log.append({ kind: "pairing", at: 1, member: bytes(32, 7) }, []);
    expect(log.verify()).toMatchObject({ verdict: "ok", position: { sequence: 1 } });
  });

  test("never has an earlier day than the row ahead of it", async () => {
    const { log, clock } = await openTestLedger();
    const entry: AuditEntry = { kind: "privacy", at: 3, on: true, member: null };
    log.append(entry, []);
    clock.jumpTo(clock.nowMs() - 5 * MS_PER_DAY);
    log.append(entry, []);
    expect(log.rows(0, 10).map(({ day }) => day)).toEqual([20_454, 20_454]);
  });
});

async function filled() {
  const opened = await openTestLedger();
  for (const entry of entries) opened.log.append(entry, [member(1).key]);
  return opened;
}

describe("the chain", () => {
  test("is whole as it was written, from any position that was verified before", async () => {
    const { log } = await filled();
    const rows = log.rows(0, 100);
    const head = { envelope: await log.head(), device: signer.publicKey };
    expect(verifyAuditChain(crypto, rows, { head })).toMatchObject({ verdict: "ok", position: { sequence: 7 } });
    const third = rows[2];
    if (third === undefined) throw new Error("no third row");
    expect(verifyAuditChain(crypto, rows.slice(3), { start: third, head })).toMatchObject({ verdict: "ok" });
  });

  test.each([
    ["a changed entry", "UPDATE audit SET sealed = zeroblob(length(sealed)) WHERE sequence = 3", "chain", 3],
    ["a changed day", "UPDATE audit SET day = day + 1 WHERE sequence = 3", "chain", 3],
    ["a changed hash", "UPDATE audit SET chain = zeroblob(32) WHERE sequence = 7", "chain", 7],
    ["a row taken out", "DELETE FROM audit WHERE sequence = 4", "sequence", 5],
    ["the first row taken out", "DELETE FROM audit WHERE sequence = 1", "sequence", 2],
  ])("shows %s", async (_, sql, verdict, sequence) => {
    const { log, ledger } = await filled();
    expect(log.verify().verdict).toBe("ok");
    tamper(ledger, sql);
    expect(log.verify()).toMatchObject({ verdict, sequence });
  });

  test("cut short is not seen from the rows alone but from a head signed before", async () => {
    const { log, ledger } = await filled();
    const head = { envelope: await log.head(), device: signer.publicKey };
    tamper(ledger, "DELETE FROM audit WHERE sequence = 7");
    expect(log.verify().verdict).toBe("ok");
    expect(verifyAuditChain(crypto, log.rows(0, 100), { head })).toMatchObject({ verdict: "head" });
  });

  test("with a head by another key, or no head at all, is told apart", async () => {
    const { log } = await filled();
    const rows = log.rows(0, 100);
    const other = seedSigner(crypto, bytes(32, 8)).publicKey;
    expect(verifyAuditChain(crypto, rows, { head: { envelope: await log.head(), device: other } }).verdict).toBe(
      "head-signature",
    );
    expect(verifyAuditChain(crypto, rows, { head: { envelope: bytes(3, 0), device: other } }).verdict).toBe(
      "head-signature",
    );
  });

  test("refuses to have its rows changed or deleted", async () => {
    const { ledger } = await filled();
    expect(() => ledger.db.exec("UPDATE audit SET day = 1")).toThrow("do not change");
    expect(() => ledger.db.exec("DELETE FROM audit")).toThrow("do not go");
  });

  test("is exported in pieces, each with a head for its last row", async () => {
    const { log } = await filled();
    const device = signer.publicKey;
    const first = readAuditExport(await log.export(0, 4));
    const second = readAuditExport(await log.export(4, 100));
    if (first === null || second === null) throw new Error("not an export");
    const before = verifyAuditChain(crypto, first.rows, { head: { envelope: first.head, device } });
    if (before.verdict !== "ok") throw new Error(before.text);
    const after = verifyAuditChain(crypto, second.rows, {
      start: before.position,
      head: { envelope: second.head, device },
    });
    expect(after).toMatchObject({ verdict: "ok", position: { sequence: 7 } });
    expect(second.rows.map((row) => openAuditRow(crypto, row, member(1).keyOf)?.kind)).toEqual([
      "config",
      "revocation",
      "live-session",
    ]);
  });

  test("in an export of any bytes is read or refused, never thrown at", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (file) => void readAuditExport(file)));
    const row = fc.record({
      sequence: fc.nat(),
      day: fc.nat(),
      sealed: fc.uint8Array({ maxLength: 50 }),
      chain: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), fc.array(row), fc.nat(), (head, rows, cut) => {
        const file = writeAuditExport(head, rows);
        expect(readAuditExport(file)).toEqual({ head, rows });
        readAuditExport(file.subarray(0, cut % (file.length + 1)));
        for (const { sealed } of rows) expect(openAuditRow(crypto, { sealed }, member(1).keyOf)).toBeNull();
      }),
    );
  });
});

describe("the ledger", () => {
  const outbox = ["CREATE TABLE outbox (token BLOB PRIMARY KEY) STRICT;"];

  test("keeps an audit row and the change it tells of together, or neither", async () => {
    const { ledger, log } = await openTestLedger();
    ledger.migrate("publisher", outbox);
    const release = (token: number): void =>
      ledger.transaction(() => {
        log.append({ kind: "privacy", at: 1, on: true, member: null }, []);
        ledger.db.prepare("INSERT INTO outbox VALUES (?)").run(bytes(16, token));
      });
    release(1);
    expect(() => release(1)).toThrow("UNIQUE");
    expect(log.rows(0, 10)).toHaveLength(1);
    expect(log.verify().verdict).toBe("ok");
  });

  test("brings each part to its own version and refuses a part that is ahead", async () => {
    const { ledger } = await openTestLedger();
    ledger.migrate("publisher", outbox);
    ledger.migrate("publisher", outbox);
    ledger.migrate("publisher", [...outbox, "ALTER TABLE outbox ADD COLUMN delivered INTEGER;"]);
    expect(() => ledger.migrate("publisher", outbox)).toThrow(expect.objectContaining({ code: "audit/newer-ledger" }));
    expect(() => ledger.migrate("other", ["CREATE TABLE a (b);  CREATE TABLE a (b);"])).toThrow();
    expect(ledger.db.prepare("SELECT name FROM part ORDER BY name").pluck().all()).toEqual(["audit", "publisher"]);
  });

  test("survives a process that dies with it open", async () => {
    const { ledger, log, path, clock } = await openTestLedger();
    log.append({ kind: "privacy", at: 1, on: true, member: null }, []);
    const copy = `${path}.copy`;
    for (const suffix of ["", "-wal"]) await writeFile(copy + suffix, await readFile(path + suffix));
    ledger.close();
    const again = openLedger(copy);
    expect(new AuditLog(again, { crypto, clock, signer }).verify()).toMatchObject({
      verdict: "ok",
      position: { sequence: 1 },
    });
    again.close();
  });

  test.each([
    ["of a newer version", "audit/newer-ledger", (db: Database.Database) => void db.pragma("user_version = 9")],
    [
      "that is another program's",
      "audit/ledger-damaged",
      (db: Database.Database) => void db.pragma("application_id = 9"),
    ],
  ])("%s is a clear error and stays as it is", async (_, code, change) => {
    const { ledger, path, dir } = await openTestLedger();
    ledger.close();
    const db = new Database(path);
    change(db);
    db.close();
    const before = await readFile(path);
    expect(() => openLedger(path)).toThrow(expect.objectContaining({ code }));
    expect(await readFile(path)).toEqual(before);
    expect(await readdir(dir)).toEqual(["ledger.db"]);
  });

  test("that is damaged is a clear error and stays as it is", async () => {
    const { ledger, path } = await openTestLedger();
    ledger.close();
    for (const broken of [Buffer.from("not a database"), Buffer.from(await readFile(path)).fill(0x55, 4096)]) {
      await writeFile(path, broken);
      expect(() => openLedger(path)).toThrow(expect.objectContaining({ code: "audit/ledger-damaged" }));
      expect(await readFile(path)).toEqual(broken);
    }
  });
});

test("no file of the ledger has an exact date, neither while it is open nor closed", async () => {
  const { dir, log, ledger } = await openTestLedger();
  const dates = async () =>
    Promise.all((await readdir(dir)).map(async (name) => (await stat(join(dir, name))).mtimeMs % MS_PER_DAY));
  log.append({ kind: "privacy", at: 3, on: true, member: null }, []);
  expect(new Set(await dates())).toEqual(new Set([0]));
  ledger.close();
  expect(new Set(await dates())).toEqual(new Set([0]));
});
