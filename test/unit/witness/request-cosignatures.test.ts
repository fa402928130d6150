import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { nodeCrypto as crypto } from "../../../src/device/platform/node-crypto.ts";
import { openCheckpoint } from "../../../src/protocol/tlog/checkpoint.ts";
import { cosignNote, encodeSignatureLine } from "../../../src/protocol/tlog/note.ts";
import { requestCosignatures } from "../../../src/witness/request-cosignatures.ts";
import { serveWitness } from "../../../src/witness/witness-server.ts";
import { testKey } from "../../fakes/memory-log.ts";
import { entriesOf, originHash, proofFrom, witnessRig } from "./witness-rig.ts";

async function served() {
  const rig = witnessRig();
  const server = await serveWitness(rig.witness, { host: "127.0.0.1", port: 0 });
  onTestFinished(() => server.stop());
  return { ...rig, server, known: { url: server.url, key: rig.identity.key } };
}

/** A server that answers each request the same. */
async function answering(status: number, body: string, type = "text/plain"): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { "Content-Type": type }).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("a log that asks its witnesses", () => {
  test("gets a checkpoint that followers take, from the first time on", async () => {
    const { log, known } = await served();
    const sizes = new Map<string, number>();
    for (const grow of [0, 5, 300]) {
      log.grow(entriesOf(log.tree.size, grow));
      const { checkpoint, failed } = await requestCosignatures(
        { crypto, sizes },
        await log.publish(1, []),
        proofFrom(log),
        [known],
      );
      expect(failed).toEqual([]);
      expect(openCheckpoint(crypto, { ...log.policy, quorum: 1 }, checkpoint).size).toBe(log.tree.size);
      expect(sizes.get(known.url)).toBe(log.tree.size);
    }
  });

  test("hears from the others when one is away, lies, or refuses", async () => {
    const { log, known, identity } = await served();
    const key = testKey(crypto, "witness.example/w2", "cosignature/v1", 50).key;
    const own = await cosignNote("another text\n", identity.key, identity.signer, 5);
    const others = [
      { url: "http://127.0.0.1:1", key },
      { url: await answering(200, "\u2014 witness.example/w2 AAAAAAAAAAAA\n"), key },
      { url: await answering(200, encodeSignatureLine(own)), key: identity.key },
      { url: await answering(200, "no line"), key },
      { url: await answering(403, "no\n"), key },
      { url: await answering(409, "4711\n", "text/x.tlog.size"), key },
      { url: await answering(409, "3\n", "text/x.tlog.size"), key },
      { url: await answering(409, "x\n", "text/x.tlog.size"), key },
      { url: await answering(200, "x".repeat(100_000)), key },
      { url: await answering(302, ""), key },
    ];
    const { checkpoint, cosigned, failed } = await requestCosignatures(
      { crypto },
      await log.publish(1, []),
      proofFrom(log),
      [...others, known],
    );
    expect(cosigned).toEqual([identity.key.name]);
    expect(failed.map(({ error }) => error.code)).toEqual([
      "witness/away",
      "witness/false-cosignature",
      "witness/false-cosignature",
      "witness/away",
      "witness/refused",
      "witness/ahead",
      "witness/refused",
      "witness/away",
      "witness/away",
      "witness/away",
    ]);
    expect(openCheckpoint(crypto, { ...log.policy, quorum: 1 }, checkpoint).cosignatures).toHaveLength(1);
  });

  test("is told when the witness has seen a larger tree", async () => {
    const { log, known } = await served();
    const older = log.fork();
    log.grow(entriesOf(10, 5));
    await requestCosignatures({ crypto }, await log.publish(1, []), proofFrom(log), [known]);
    const { failed } = await requestCosignatures({ crypto }, await older.publish(1, []), proofFrom(older), [known]);
    expect(failed.map(({ error }) => error.code)).toEqual(["witness/ahead"]);
  });

  test("cannot get two views cosigned", async () => {
    const { log, known } = await served();
    const fork = log.fork();
    log.grow(entriesOf(10, 5));
    fork.grow(entriesOf(10, 5, "other"));
    await requestCosignatures({ crypto }, await log.publish(1, []), proofFrom(log), [known]);
    const { cosigned, failed } = await requestCosignatures({ crypto }, await fork.publish(1, []), proofFrom(fork), [
      known,
    ]);
    expect([cosigned, failed.map(({ error }) => error.message)]).toEqual([
      [],
      [expect.stringContaining("422: another root for the size that was cosigned last")],
    ]);
  });
});

describe("over HTTP", () => {
  test("a monitor reads what was cosigned; nobody gets an answer to anything else", async () => {
    const { log, known, server } = await served();
    const { checkpoint } = await requestCosignatures({ crypto }, await log.publish(1, []), proofFrom(log), [known]);
    const get = async (path: string, init?: RequestInit) => {
      const response = await fetch(server.url + path, init);
      return [response.status, await response.text()];
    };
    expect(await get(`/${originHash(log)}/checkpoint`)).toEqual([200, new TextDecoder().decode(checkpoint)]);
    expect(await get(`/${"0".repeat(64)}/checkpoint`)).toEqual([404, expect.any(String)]);
    expect(await get("/add-checkpoint")).toEqual([405, expect.any(String)]);
    expect(await get("/")).toEqual([404, expect.any(String)]);
    expect(await get("/add-checkpoint", { method: "POST", body: "x".repeat(135_000) })).toEqual([
      413,
      expect.any(String),
    ]);
  });

  test("a port that is taken is said", async () => {
    const { witness, server } = await served();
    const port = Number(new URL(server.url).port);
    await expect(serveWitness(witness, { host: "127.0.0.1", port })).rejects.toMatchObject({ code: "witness/port" });
  });

  test("a memory that cannot be used answers 500 and cosigns nothing", async () => {
    const { memory, log, known } = await served();
    memory.close();
    const { cosigned, failed } = await requestCosignatures({ crypto }, await log.publish(1, []), proofFrom(log), [
      known,
    ]);
    expect([cosigned, failed[0]?.error.code]).toEqual([[], "witness/refused"]);
  });
});
