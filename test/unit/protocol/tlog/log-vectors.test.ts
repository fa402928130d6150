import { describe, expect, test } from "vitest";
import { fromHex, toHex, utf8 } from "../../../../src/protocol/bytes.ts";
import { portableCrypto } from "../../../../src/protocol/portable-crypto.ts";
import { parseAddCheckpoint } from "../../../../src/protocol/tlog/add-checkpoint.ts";
import { openCheckpoint, parseLogPolicy } from "../../../../src/protocol/tlog/checkpoint.ts";
import { LogError } from "../../../../src/protocol/tlog/errors.ts";
import { GrowingTree } from "../../../../src/protocol/tlog/growing-tree.ts";
import { parseInclusionFile, verifyInclusionFile } from "../../../../src/protocol/tlog/inclusion-file.ts";
import {
  checkNote,
  encodeVerifierKey,
  parseNote,
  parseSigningKey,
  parseVerifierKey,
} from "../../../../src/protocol/tlog/note.ts";
import { verifyConsistency, verifyInclusion } from "../../../../src/protocol/tlog/proofs.ts";
import { entriesOf } from "../../../log-probes/probe.ts";
import { cryptoPorts } from "../crypto-ports.ts";
import { readVectors } from "../vectors/read-vectors.ts";

interface Policy {
  readonly logKey: string;
  readonly witnesses: readonly string[];
}

describe.each(cryptoPorts)("published vectors of logs read with %s cryptography", (_, crypto) => {
  test("keys", () => {
    for (const vector of readVectors<Record<"name" | "publicKey" | "keyId" | "verifierKey" | "signingKey", string>>(
      "log-keys.json",
    )) {
      const key = parseVerifierKey(crypto, vector.verifierKey);
      expect([key.name, toHex(key.publicKey), encodeVerifierKey(key)]).toEqual([
        vector.name,
        vector.publicKey,
        vector.verifierKey,
      ]);
      expect(key.id).toBe(Number.parseInt(vector.keyId, 16));
      expect(parseSigningKey(crypto, vector.signingKey).key).toEqual(key);
    }
  });

  test("checkpoints, good and bad", () => {
    interface Vector extends Policy {
      readonly name: string;
      readonly origin: string;
      readonly quorum: number;
      readonly note: string;
      readonly error: string | null;
      readonly checkpoint: { readonly size: number; readonly root: string; readonly times: readonly number[] } | null;
    }
    for (const { name, note, error, checkpoint, ...policy } of readVectors<Vector>("checkpoints.json")) {
      const open = () => openCheckpoint(crypto, parseLogPolicy(crypto, policy), utf8(note));
      if (error !== null) {
        expect(() => open(), name).toThrow(LogError);
        expect(() => open(), name).toThrow(expect.objectContaining({ code: error }));
        continue;
      }
      const { size, root, cosignatures } = open();
      expect({ size, root: toHex(root), times: cosignatures.map(({ time }) => time) }, name).toEqual(checkpoint);
    }
  });

  test("tiles", () => {
    interface Vector {
      readonly size: number;
      readonly root: string;
      readonly count: number;
      readonly files: readonly { readonly path: string; readonly length: number; readonly sha256: string }[];
    }
    for (const { size, root, count, files } of readVectors<Vector>("tiles.json")) {
      const grown = GrowingTree.empty(crypto).append(entriesOf(0, size));
      expect([toHex(grown.tree.root), grown.files.length]).toEqual([root, count]);
      const bytesOf = new Map(grown.files.map(({ path, bytes }) => [path, bytes]));
      for (const { path, length, sha256 } of files) {
        const bytes = bytesOf.get(path) ?? new Uint8Array();
        expect([bytes.length, toHex(crypto.sha256(bytes))], path).toEqual([length, sha256]);
      }
    }
  });

  test("proofs, good and bad", () => {
    interface Vector {
      readonly name: string;
      readonly ok: boolean;
      readonly index?: number;
      readonly entryHash?: string;
      readonly oldSize?: number;
      readonly oldRoot?: string;
      readonly size: number;
      readonly root: string;
      readonly proof: readonly string[];
    }
    for (const { ok, index, entryHash = "", oldSize = 0, oldRoot = "", size, root, proof } of readVectors<Vector>(
      "log-proofs.json",
    )) {
      const path = proof.map(fromHex);
      const verdict =
        index === undefined
          ? verifyConsistency(crypto, oldSize, fromHex(oldRoot), size, fromHex(root), path)
          : verifyInclusion(crypto, fromHex(entryHash), index, size, path, fromHex(root));
      expect(verdict).toBe(ok);
    }
  });

  test("requests to witnesses and proofs for keeping", () => {
    interface Vector extends Policy {
      readonly text: string;
      readonly oldSize?: number;
      readonly oldRoot?: string;
      readonly index?: number;
      readonly entry?: string;
      readonly extra?: string | null;
    }
    for (const { text, oldSize, oldRoot = "", index, entry = "", extra, ...keys } of readVectors<Vector>(
      "log-texts.json",
    )) {
      const policy = parseLogPolicy(crypto, { ...keys, quorum: 2 });
      if (oldSize === undefined) {
        expect(verifyInclusionFile(crypto, policy, fromHex(entry), utf8(text)).index).toBe(index);
        expect(parseInclusionFile(utf8(text)).extra ?? null).toEqual(extra == null ? null : fromHex(extra));
        continue;
      }
      const request = parseAddCheckpoint(utf8(text));
      const { size, root } = openCheckpoint(crypto, policy, request.checkpoint);
      expect(request.oldSize).toBe(oldSize);
      expect(verifyConsistency(crypto, oldSize, fromHex(oldRoot), size, root, request.proof)).toBe(true);
    }
  });
});

test("the example of c2sp.org/signed-note verifies under its key, and not with another word", () => {
  const key = parseVerifierKey(portableCrypto, "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
  const note = (words: string) =>
    parseNote(
      utf8(
        `${words}\n\n\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n`,
      ),
    );
  expect(checkNote(portableCrypto, note("This is an example message."), key).verdict).toBe("true");
  expect(checkNote(portableCrypto, note("This is an example massage."), key).verdict).toBe("false");
});
