import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { nodeCrypto as crypto } from "../../../src/device/platform/node-crypto.ts";
import { concatBytes, fromUtf8, utf8 } from "../../../src/protocol/bytes.ts";
import { encodeAddCheckpoint } from "../../../src/protocol/tlog/add-checkpoint.ts";
import { signCheckpoint } from "../../../src/protocol/tlog/checkpoint.ts";
import {
  checkNote,
  encodeNote,
  type NoteSignature,
  parseNote,
  parseSignatureLines,
} from "../../../src/protocol/tlog/note.ts";
import { WitnessMemory } from "../../../src/witness/witness-memory.ts";
import { MemoryLog } from "../../fakes/memory-log.ts";
import { entriesOf, originHash, requestOf, temporaryDir, witnessRig } from "./witness-rig.ts";

describe("a witness cosigns", () => {
  test("the first checkpoint, its continuation, and the same again with a newer time", async () => {
    const rig = witnessRig();
    const { witness, log, identity } = rig;
    const steps: { grow: number; old: number; time: number }[] = [
      { grow: 0, old: 0, time: 100 },
      { grow: 7, old: 10, time: 200 },
      { grow: 500, old: 17, time: 300 },
      { grow: 0, old: 517, time: 400 },
    ];
    for (const { grow, old, time } of steps) {
      log.grow(entriesOf(log.tree.size, grow));
      rig.now = time;
      const { status, body } = await witness.addCheckpoint(await requestOf(log, old));
      expect(status).toBe(200);
      const { text } = parseNote(await log.publish(1, []));
      expect(checkNote(crypto, { text, signatures: parseSignatureLines(body) }, identity.key)).toEqual({
        verdict: "true",
        time,
      });
    }
  });

  test("an empty log", async () => {
    const { witness, log, memory } = witnessRig();
    memory.follow("empty.example", memory.log(log.log.key.name)?.keys[0] ?? "");
    const emptyRoot = crypto.sha256();
    const sign = (root: Uint8Array) =>
      signCheckpoint({ origin: "empty.example", size: 0, root }, log.log.key, log.log.signer);
    const ask = async (root: Uint8Array) =>
      (await witness.addCheckpoint(encodeAddCheckpoint({ oldSize: 0, proof: [], checkpoint: await sign(root) })))
        .status;
    expect(await ask(emptyRoot.with(0, 1))).toBe(422);
    expect(await ask(emptyRoot)).toBe(200);
  });

  test("and shows what it cosigned, with the log's signature and its own alone", async () => {
    const { witness, log, identity } = witnessRig();
    const hash = new Uint8Array(Buffer.from(originHash(log), "hex"));
    expect(witness.checkpointByOriginHash(hash)).toBeNull();
    const foreign = "\u2014 someone.example AAAAAAAAAAAAAAAA\n";
    await witness.addCheckpoint(concatBytes(await requestOf(log, 0), utf8(foreign)));
    const shown = parseNote(witness.checkpointByOriginHash(hash) ?? new Uint8Array());
    expect(shown.signatures.map(({ name }) => name)).toEqual([log.log.key.name, identity.key.name]);
    expect(checkNote(crypto, shown, identity.key).verdict).toBe("true");
    expect(checkNote(crypto, shown, log.log.key).verdict).toBe("true");
  });
});

describe("a witness refuses", () => {
  const cosigned = async () => {
    const rig = witnessRig();
    expect((await rig.witness.addCheckpoint(await requestOf(rig.log, 0))).status).toBe(200);
    return rig;
  };

  test("400: what is no request", async () => {
    const { witness, log } = await cosigned();
    const good = fromUtf8(await requestOf(log, 10));
    const bad = [
      "",
      "old 10\n",
      good.replace("old 10", "old 010"),
      good.replace("old 10", "old -1"),
      good.replace("old 10", "old  10"),
      good.replace("old 10", "old 10\nAAAA"),
      good.replace("old 10\n", `old 10\n${`${"A".repeat(43)}=\n`.repeat(64)}`),
      good.replace("old 10", "old 11"),
      good.replaceAll("\n", "\r\n"),
      good.slice(0, -1),
      good.replace("\n10\n", "\n010\n"),
    ];
    for (const body of bad) expect((await witness.addCheckpoint(utf8(body))).status, body).toBe(400);
    expect((await witness.addCheckpoint(utf8(good))).status, "control").toBe(200);
  });

  test("404: a log that it does not follow", async () => {
    const { witness } = await cosigned();
    const other = new MemoryLog(crypto, { origin: "other.example", witnesses: 1 });
    expect((await witness.addCheckpoint(await requestOf(other, 0))).status).toBe(404);
  });

  test("403: a checkpoint that the log did not sign, and one of its lines that is false", async () => {
    const { witness, log } = await cosigned();
    const good = fromUtf8(await requestOf(log, 10));
    const { text, signatures } = parseNote(await log.publish(1, []));
    const [own = { name: "", id: 0, bytes: new Uint8Array() }] = signatures;
    const changed = { ...own, bytes: own.bytes.with(20, (own.bytes[20] ?? 0) ^ 1) };
    const ask = async (lines: readonly NoteSignature[]): Promise<number> => {
      const checkpoint = encodeNote({ text, signatures: lines });
      return (await witness.addCheckpoint(encodeAddCheckpoint({ oldSize: 10, proof: [], checkpoint }))).status;
    };
    expect(await ask([{ ...own, name: "other.example" }])).toBe(403);
    expect(await ask([{ ...own, id: 1 }])).toBe(403);
    expect(await ask([changed])).toBe(403);
    expect(await ask([own, changed])).toBe(403);
    expect((await witness.addCheckpoint(utf8(good.replace("\n10\n", "\n11\n")))).status).toBe(403);
    expect(await ask([own]), "control").toBe(200);
  });

  test("409: another old size, and tells its own", async () => {
    const { witness, log } = await cosigned();
    log.grow(entriesOf(10, 5));
    expect(await witness.addCheckpoint(await requestOf(log, 9))).toMatchObject({
      status: 409,
      contentType: "text/x.tlog.size",
      body: "10\n",
    });
    expect((await witness.addCheckpoint(await requestOf(log, 10))).status, "control").toBe(200);
  });

  test("422: a proof that does not verify, and one where none is due", async () => {
    const { witness, log } = await cosigned();
    log.grow(entriesOf(10, 5));
    const checkpoint = await log.publish(1, []);
    const status = async (oldSize: number, proof: Uint8Array[]) =>
      (await witness.addCheckpoint(encodeAddCheckpoint({ oldSize, proof, checkpoint }))).status;
    expect(await status(10, [])).toBe(422);
    expect(await status(10, [new Uint8Array(32)])).toBe(422);
    const fresh = witnessRig();
    expect(
      (await fresh.witness.addCheckpoint(encodeAddCheckpoint({ oldSize: 0, proof: [new Uint8Array(32)], checkpoint })))
        .status,
    ).toBe(422);
  });

  test("422: a fork, of the same size or a larger one; it keeps both signed checkpoints of one size", async () => {
    const { witness, log, memory, forks } = witnessRig();
    const fork = log.fork();
    log.grow(entriesOf(10, 5));
    fork.grow(entriesOf(10, 5, "other"));
    expect((await witness.addCheckpoint(await requestOf(log, 0))).status).toBe(200);
    expect((await witness.addCheckpoint(await requestOf(fork, 15))).status).toBe(422);
    expect(forks).toEqual([log.log.key.name]);
    const evidence = memory.log(log.log.key.name)?.fork;
    const texts = [evidence?.older, evidence?.newer].map((bytes) => parseNote(new Uint8Array(bytes ?? [])).text);
    expect(texts).toEqual([await log.publish(1, []), await fork.publish(1, [])].map((note) => parseNote(note).text));
    fork.grow(entriesOf(15, 5));
    expect((await witness.addCheckpoint(await requestOf(fork, 15))).status).toBe(422);
    expect((await witness.addCheckpoint(await requestOf(log, 15))).status, "control").toBe(200);
  });

  test("the slower of two continuations that were judged at the same moment", async () => {
    const { witness, log } = await cosigned();
    const fork = log.fork();
    log.grow(entriesOf(10, 5));
    fork.grow(entriesOf(10, 9, "other"));
    const requests = [await requestOf(log, 10), await requestOf(fork, 10)];
    const answers = await Promise.all(requests.map((request) => witness.addCheckpoint(request)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  });
});

describe("a witness's memory", () => {
  test("outlives it", async () => {
    const { dir, memory, witness, log } = witnessRig();
    await witness.addCheckpoint(await requestOf(log, 0));
    memory.close();
    const again = WitnessMemory.open(join(dir, "witness.db"));
    expect(again.log(log.log.key.name)?.checkpoint).not.toBeNull();
    again.close();
  });

  test("that was changed from outside makes it cosign nothing", async () => {
    const { dir, witness, log } = witnessRig();
    await witness.addCheckpoint(await requestOf(log, 0));
    const db = new Database(join(dir, "witness.db"));
    const elsewhere = log.fork();
    elsewhere.grow(entriesOf(10, 1, "other"));
    db.prepare("UPDATE log SET checkpoint = ?").run(await elsewhere.publish(1, []));
    db.close();
    log.grow(entriesOf(10, 5));
    await expect(witness.addCheckpoint(await requestOf(log, 10))).rejects.toMatchObject({ code: "witness/damaged" });
  });

  test("of a newer version, of another program, and no database at all are refused untouched", () => {
    const dir = temporaryDir();
    const make = (name: string, sql: string): string => {
      const path = join(dir, name);
      const db = new Database(path);
      db.exec(sql);
      db.close();
      return path;
    };
    const newer = make("newer.db", "CREATE TABLE a (b); PRAGMA user_version = 9;");
    const other = make("other.db", "CREATE TABLE a (b); PRAGMA user_version = 1;");
    expect(() => WitnessMemory.open(newer)).toThrow(expect.objectContaining({ code: "witness/newer" }));
    expect(() => WitnessMemory.open(other)).toThrow(expect.objectContaining({ code: "witness/damaged" }));
    expect(() => WitnessMemory.open(join(dir, "no/such/folder.db"))).toThrow();
  });
});
