import { describe, expect, test } from "vitest";
import { openAuditRow, verifyAuditChain } from "../../../src/protocol/audit-chain.ts";
import { equalBytes, fromHex, toHex, utf8 } from "../../../src/protocol/bytes.ts";
import { decodeJson } from "../../../src/protocol/canonical-json.ts";
import { openMessage } from "../../../src/protocol/channel.ts";
import { CLOSING_LANE, ClipFileReader, type ClipRecord } from "../../../src/protocol/clip-file.ts";
import { fragmentKeys, fragmentNonce, keyCommitment, type Lane } from "../../../src/protocol/clip-keys.ts";
import { dayBoxKey, dayKey } from "../../../src/protocol/day-chain.ts";
import { openDelivery } from "../../../src/protocol/delivery.ts";
import { openStatement, parseEnvelope, statementDigest } from "../../../src/protocol/envelope.ts";
import { decodeLeaf, openFragment } from "../../../src/protocol/fragment.ts";
import { grantDigest, openGrant } from "../../../src/protocol/grant.ts";
import { type HashLabel, ownHash } from "../../../src/protocol/hash.ts";
import { decodeLinkMessage } from "../../../src/protocol/link-message.ts";
import { leafHash, merkleRoot, verifyPath } from "../../../src/protocol/merkle.ts";
import { decodePairingCode, finishPairing } from "../../../src/protocol/pairing-handshake.ts";
import { openSealed } from "../../../src/protocol/sealed-message.ts";
import { openWrap } from "../../../src/protocol/wrap.ts";
import { openShare } from "../../../src/recipient/open-share.ts";
import { verifyShare } from "../../../src/recipient/verify-share.ts";
import { cryptoPorts } from "./crypto-ports.ts";
import { codeOf, type NegativeCheck, type NegativeInput, statementKinds } from "./vectors/negative-checks.ts";
import { readVectors } from "./vectors/read-vectors.ts";

type Text = Readonly<Record<string, string>>;
const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));

describe.each(cryptoPorts)("published vectors read with %s cryptography", (_, crypto) => {
  const pairOf = (secret: string) => crypto.boxKeyFromSecret(fromHex(secret));

  test("own hashes", () => {
    for (const { label, parts, hash } of readVectors<{ label: HashLabel; parts: string[]; hash: string }>(
      "hashes.json",
    )) {
      expect(toHex(ownHash(crypto, label, ...parts.map(fromHex)))).toBe(hash);
    }
  });

  test("public keys and signatures, good and bad", () => {
    for (const { name, publicKey, ok } of readVectors<{ name: string; publicKey: string; ok: boolean }>(
      "public-keys.json",
    )) {
      expect(crypto.checkPublicKey(fromHex(publicKey)), name).toBe(ok);
    }
    type Signature = { name: string; publicKey: string; message: string; signature: string; ok: boolean };
    for (const { name, publicKey, message, signature, ok } of readVectors<Signature>("signatures.json")) {
      const key = fromHex(publicKey);
      const taken = crypto.checkPublicKey(key) && crypto.verify(key, fromHex(message), fromHex(signature));
      expect(taken, name).toBe(ok);
    }
  });

  test("statements", () => {
    for (const { kind, signer = "", payload = "", digest, envelope = "" } of readVectors<Text>("statements.json")) {
      const known = statementKinds.find((candidate) => candidate.kind === kind);
      if (known === undefined) throw new Error(`no kind ${kind}`);
      const opened = openStatement(crypto, known, utf8(envelope), [fromHex(signer)]);
      expect(toHex(opened.digest)).toBe(digest);
      expect(opened.payloadBytes).toEqual(utf8(payload));
      expect(toHex(statementDigest(crypto, known, utf8(payload)))).toBe(digest);
    }
  });

  test("day chain and wraps", () => {
    type Day = { firstDay: number; firstChainKey: string; day: number; chainKey: string; boxPublic: string };
    for (const { firstDay, firstChainKey, day, chainKey, boxPublic } of readVectors<Day>("day-chain.json")) {
      const key = dayKey(crypto, fromHex(firstChainKey), firstDay, day);
      expect([toHex(key), toHex(dayBoxKey(crypto, key).publicKey)]).toEqual([chainKey, boxPublic]);
    }
    for (const { wrap = "", boxSecret = "", seed } of readVectors<Text>("wraps.json")) {
      expect(toHex(openWrap(crypto, fromHex(wrap), pairOf(boxSecret)) ?? new Uint8Array())).toBe(seed);
    }
  });

  test("fragment keys, commitments and sealed fragments", () => {
    type Key = {
      seed: string;
      clip: string;
      lane: Lane;
      index: number;
      key: string;
      nonce: string;
      commitment: string;
    };
    for (const { seed, clip, lane, index, key, nonce, commitment } of readVectors<Key>("clip-keys.json")) {
      expect(toHex(fragmentKeys(crypto, fromHex(seed), lane, index + 1)[index] ?? new Uint8Array())).toBe(key);
      expect(toHex(fragmentNonce(fromHex(clip), lane, index))).toBe(nonce);
      expect(toHex(keyCommitment(crypto, fromHex(key), fromHex(nonce)))).toBe(commitment);
    }
    for (const vector of readVectors<Text>("fragments.json")) {
      const { clip = "", key = "", plain, ciphertext = "", leaf = "" } = vector;
      expect(toHex(leafHash(crypto, fromHex(leaf)))).toBe(vector.leafHash);
      const opened = openFragment(crypto, fromHex(clip), decodeLeaf(fromHex(leaf)), fromHex(key), fromHex(ciphertext));
      expect(toHex(opened)).toBe(plain);
    }
  });

  test("Merkle trees and paths", () => {
    for (const { leaves, root, paths } of readVectors<{ leaves: string[]; root: string; paths: string[][] }>(
      "merkle.json",
    )) {
      const hashes = leaves.map((leaf) => leafHash(crypto, fromHex(leaf)));
      expect(toHex(merkleRoot(crypto, hashes))).toBe(root);
      for (const [i, hash] of hashes.entries()) {
        expect(verifyPath(crypto, hash, i, hashes.length, (paths[i] ?? []).map(fromHex), fromHex(root))).toBe(true);
      }
    }
  });

  test.each([Number.MAX_SAFE_INTEGER, 1, 7, 512])("the clip file, in pieces of %i bytes", (pieceBytes) => {
    interface ClipFile {
      readonly fileBase64: string;
      readonly headLength: number;
      readonly clip: string;
      readonly seed: string;
      readonly members: readonly { readonly firstDay: number; readonly firstChainKey: string }[];
      readonly manifest: string;
      readonly fragments: readonly {
        readonly lane: Lane;
        readonly index: number;
        readonly leaf: string;
        readonly plain: string;
      }[];
    }
    for (const { fileBase64, clip, seed, members, manifest, fragments } of readVectors<ClipFile>("clip-file.json")) {
      const file = fromBase64(fileBase64);
      const reader = new ClipFileReader(crypto);
      const records: ClipRecord[] = [];
      for (let at = 0; at < file.length; at += pieceBytes)
        records.push(...reader.push(file.subarray(at, at + pieceBytes)));
      const { head } = reader;
      if (head === null) throw new Error("no head");
      const seeds = members.map(({ firstDay, firstChainKey }, i) => {
        const box = dayBoxKey(crypto, dayKey(crypto, fromHex(firstChainKey), firstDay, head.day));
        return toHex(openWrap(crypto, head.wraps[i] ?? new Uint8Array(), box) ?? new Uint8Array());
      });
      expect(seeds).toEqual([seed, seed]);
      expect(records.find(({ leaf }) => leaf.lane === CLOSING_LANE)?.content).toEqual(utf8(manifest));
      for (const { lane, index, leaf, plain } of fragments) {
        const record = records.find((candidate) => candidate.leaf.lane === lane && candidate.leaf.index === index);
        const key = fragmentKeys(crypto, fromHex(seed), lane, index + 1)[index];
        if (record === undefined || key === undefined) throw new Error(`no record ${lane}/${index}`);
        expect(record.leaf).toEqual(decodeLeaf(fromHex(leaf)));
        expect(toHex(openFragment(crypto, fromHex(clip), record.leaf, key, record.content))).toBe(plain);
      }
    }
  });

  test("grants, sealed messages and deliveries", () => {
    type Grant = {
      boxSecret: string;
      grant: string;
      digest: string;
      entries: { lane: number; index: number; key: string }[];
    };
    for (const { boxSecret, grant, digest, entries } of readVectors<Grant>("grants.json")) {
      expect(toHex(grantDigest(crypto, fromHex(grant)))).toBe(digest);
      const opened = openGrant(crypto, fromHex(grant), pairOf(boxSecret))?.entries;
      expect(opened?.map(({ lane, index, key }) => ({ lane, index, key: toHex(key) }))).toEqual(entries);
    }
    for (const { boxSecret = "", plain, sealed = "" } of readVectors<Text>("sealed-messages.json")) {
      expect(toHex(openSealed(crypto, pairOf(boxSecret), fromHex(sealed)) ?? fromHex("00"))).toBe(plain);
    }
    type Delivery = {
      boxSecret: string;
      offer: string;
      chunk: string;
      index: number;
      chunkBytes: string;
      shareDigest: string;
    };
    for (const { boxSecret, offer, chunk, index, chunkBytes, shareDigest } of readVectors<Delivery>("delivery.json")) {
      const [offered, sent] = [offer, chunk].map((message) =>
        openDelivery(crypto, pairOf(boxSecret), fromHex(message)),
      );
      expect(offered?.chunk).toBeNull();
      expect(toHex(offered?.share.digest ?? new Uint8Array())).toBe(shareDigest);
      expect([sent?.chunk?.index, toHex(sent?.chunk?.bytes ?? new Uint8Array())]).toEqual([index, chunkBytes]);
    }
  });

  test("shares, each with its verdict", () => {
    for (const vector of readVectors<Text>("shares.json")) {
      const { name, shareBase64 = "", card = "", verdict, text, mp4Sha256 } = vector;
      const secrets = {
        signSeed: fromHex(vector.signSeed ?? ""),
        boxSecret: fromHex(vector.boxSecret ?? ""),
        inboxSecret: fromHex(vector.inboxSecret ?? ""),
        version: "doorward-recipient-1",
      } as const;
      const share = fromBase64(shareBase64);
      expect(verifyShare(crypto, share, secrets, { card: utf8(card) }), name).toMatchObject({ verdict, text });
      if (mp4Sha256 === undefined) continue;
      const opened = openShare(crypto, share, secrets, { card: utf8(card) });
      expect("mp4" in opened && toHex(crypto.sha256(opened.mp4))).toBe(mp4Sha256);
    }
  });

  test("channel messages", () => {
    type Message = { key: string; counter: number; body: string; attachment: string; message: string };
    for (const { key, counter, body, attachment, message } of readVectors<Message>("channel.json")) {
      const opened = openMessage(crypto, fromHex(key), fromHex(message));
      expect([opened.counter, toHex(opened.body)]).toEqual([counter, body]);
      expect(toHex(decodeLinkMessage(opened.body).attachment)).toBe(attachment);
    }
  });

  test("the pairing, seen from the app", () => {
    for (const vector of readVectors<Text>("pairing.json")) {
      const { code = "", memberKey = "", memberEphemeralSecret = "", answer = "", finish, toDeviceKey } = vector;
      const ephemeral = pairOf(memberEphemeralSecret);
      const state = { code: decodePairingCode(crypto, code), memberKey: fromHex(memberKey), ephemeral };
      const finished = finishPairing(crypto, state, fromHex(answer));
      expect([toHex(finished.finish), toHex(finished.keys.toDeviceKey)]).toEqual([finish, toDeviceKey]);
    }
  });

  test("the audit chain", () => {
    interface Audit {
      readonly device: string;
      readonly boxSecret: string;
      readonly head: string;
      readonly rows: readonly {
        sequence: number;
        day: number;
        sealed: string;
        chain: string;
        entry: { kind: string };
      }[];
    }
    for (const { device, boxSecret, head, rows } of readVectors<Audit>("audit.json")) {
      const parsed = rows.map(({ sequence, day, sealed, chain }) => ({
        sequence,
        day,
        sealed: fromHex(sealed),
        chain: fromHex(chain),
      }));
      const signed = { envelope: utf8(head), device: fromHex(device) };
      expect(verifyAuditChain(crypto, parsed, { head: signed }).verdict).toBe("ok");
      for (const [i, row] of parsed.entries()) {
        expect(openAuditRow(crypto, row, () => pairOf(boxSecret))?.kind).toBe(rows[i]?.entry.kind);
      }
    }
  });

  test("consents, whose digests can be recomputed", () => {
    for (const { owner = "", consent = "", grant = "", purpose = "" } of readVectors<Text>("consents.json")) {
      const kind = statementKinds.find((candidate) => candidate.kind === "consent");
      if (kind === undefined) throw new Error("no consent kind");
      const payload = openStatement(crypto, kind, utf8(consent), fromHex(owner)).payload as Record<string, Uint8Array>;
      expect(equalBytes(payload.grant ?? fromHex(""), grantDigest(crypto, fromHex(grant)))).toBe(true);
      expect(payload.purpose).toEqual(ownHash(crypto, "purpose", utf8(purpose)));
      expect(parseEnvelope(utf8(consent)).payloadType).toBe("application/vnd.doorward.consent.v1+json");
    }
  });

  test("what must be refused, each by its code", async () => {
    type Negative = { name: string; check: NegativeCheck; input: NegativeInput; error: string };
    for (const { name, check, input, error } of readVectors<Negative>("negative.json")) {
      expect(error, name).not.toBe("accepted");
      expect(await codeOf(crypto, check, input), name).toBe(error);
    }
  });
});

test("canonical JSON, good and bad", () => {
  for (const { name, bytes, ok } of readVectors<{ name: string; bytes: string; ok: boolean }>("canonical-json.json")) {
    const read = (): unknown => decodeJson(fromHex(bytes));
    if (ok) expect(read, name).not.toThrow();
    else expect(read, name).toThrow(expect.objectContaining({ code: "json/encoding" }));
  }
});
