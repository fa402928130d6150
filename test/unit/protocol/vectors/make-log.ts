import type { Crypto } from "../../../../src/protocol/crypto.ts";
import { seedSigner } from "../../../../src/protocol/envelope.ts";
import { leafHash, merkleRoot } from "../../../../src/protocol/merkle.ts";
import { encodeAddCheckpoint } from "../../../../src/protocol/tlog/add-checkpoint.ts";
import { addSignatures, checkpointText, signCheckpoint } from "../../../../src/protocol/tlog/checkpoint.ts";
import { GrowingTree } from "../../../../src/protocol/tlog/growing-tree.ts";
import { encodeInclusionFile } from "../../../../src/protocol/tlog/inclusion-file.ts";
import {
  cosignNote,
  encodeNote,
  encodeSigningKey,
  encodeVerifierKey,
  parseNote,
  type SignatureType,
  type SignedNote,
  signNote,
  type VerifierKey,
  verifierKey,
} from "../../../../src/protocol/tlog/note.ts";
import { consistencyProof, inclusionProof } from "../../../../src/protocol/tlog/proofs.ts";
import { fixed, hexes, textOf, toHex, utf8, type VectorFile } from "./vector-file.ts";

const ORIGIN = "register.example/doorward";
const TIME = 1_700_000_000;

const entryOf = (index: number): Uint8Array => utf8(`entry ${index}`);
const entriesUpTo = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => entryOf(i));
const hashesOf = (crypto: Crypto, count: number): Uint8Array[] =>
  entriesUpTo(count).map((entry) => leafHash(crypto, entry));
const rootOf = (crypto: Crypto, count: number): Uint8Array => merkleRoot(crypto, hashesOf(crypto, count));

const treeOf = (crypto: Crypto, count: number) => {
  const hashes = hashesOf(crypto, count);
  return {
    subtree: (start: number, end: number) => Promise.resolve(merkleRoot(crypto, hashes.slice(start, end))),
  };
};

function keyOf(crypto: Crypto, name: string, type: SignatureType, seedName: string) {
  const seed = fixed(seedName);
  const signer = seedSigner(crypto, seed);
  const key: VerifierKey = verifierKey(crypto, name, type, signer.publicKey);
  return { name, type, seed, signer, key, text: encodeVerifierKey(key) };
}

const logKeyOf = (crypto: Crypto) => keyOf(crypto, ORIGIN, "ed25519", "log");
const witnessesOf = (crypto: Crypto) =>
  [1, 2, 3].map((n) => keyOf(crypto, `witness.example/w${n}`, "cosignature/v1", `witness ${n}`));

export function makeLogKeys(crypto: Crypto): VectorFile {
  const keys = [logKeyOf(crypto), ...witnessesOf(crypto), keyOf(crypto, "\u00e9t\u00e9.example", "ed25519", "log")];
  return {
    about: "keys of signed notes: the text form of the public key and of the secret one",
    vectors: keys.map(({ name, type, seed, key, text }) => ({
      name,
      type: type === "ed25519" ? 1 : 4,
      seed: toHex(seed),
      publicKey: toHex(key.publicKey),
      keyId: key.id.toString(16).padStart(8, "0"),
      verifierKey: text,
      signingKey: encodeSigningKey(key, seed),
    })),
  };
}

/** Signed by the log at 300 entries, cosigned by the first two witnesses. */
async function cosignedCheckpoint(crypto: Crypto, size: number): Promise<Uint8Array> {
  const log = logKeyOf(crypto);
  const checkpoint = { origin: ORIGIN, size, root: rootOf(crypto, size) };
  const bare = await signCheckpoint(checkpoint, log.key, log.signer);
  const lines = await Promise.all(
    witnessesOf(crypto)
      .slice(0, 2)
      .map(({ key, signer }, i) => cosignNote(checkpointText(checkpoint), key, signer, TIME + i)),
  );
  return addSignatures(bare, lines);
}

/** Notes that differ in one thing, and what a reader with the policy of three witnesses of which two are needed says of each. */
export async function makeCheckpoints(crypto: Crypto): Promise<VectorFile> {
  const log = logKeyOf(crypto);
  const witnesses = witnessesOf(crypto);
  const [w1, w2, w3] = witnesses;
  if (w1 === undefined || w2 === undefined || w3 === undefined) throw new Error("three witnesses");
  const whole = await cosignedCheckpoint(crypto, 300);
  const note = parseNote(whole);
  const [own, one, two] = note.signatures;
  if (own === undefined || one === undefined || two === undefined) throw new Error("three signatures");
  const plainText = textOf(whole);
  const root = plainText.split("\n")[2] ?? "";
  const again = async (text: string): Promise<string> => {
    const lines = await Promise.all([w1, w2].map(({ key, signer }, i) => cosignNote(text, key, signer, TIME + i)));
    return textOf(encodeNote({ text, signatures: [await signNote(text, log.key, log.signer), ...lines] }));
  };
  const withLines = (signatures: SignedNote["signatures"]): string =>
    textOf(encodeNote({ text: note.text, signatures }));
  const swapBit = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes[at] ?? 0) ^ 1);
  const cases: (readonly [name: string, note: string, error: string | null])[] = [
    ["two of three", plainText, null],
    ["with a line of a stranger", withLines([{ ...own, name: "other.example" }, own, one, two]), null],
    ["with a line under the log's name and another key id", withLines([{ ...own, id: 1 }, own, one, two]), null],
    ["with an extension line", await again(`${ORIGIN}\n300\n${root}\nextension\n`), null],
    ["all three", withLines([own, one, two, await cosignNote(note.text, w3.key, w3.signer, TIME)]), null],
    ["one witness twice", withLines([own, one, one]), "log/unwitnessed"],
    ["one witness", withLines([own, one]), "log/unwitnessed"],
    [
      "a cosignature with another time",
      withLines([own, one, { ...two, bytes: swapBit(two.bytes, 7) }]),
      "log/unwitnessed",
    ],
    ["a cosignature at time 0", withLines([own, one, await zeroTime(w2, note.text)]), "log/unwitnessed"],
    ["a third that is false", withLines([own, one, two, { ...two, bytes: swapBit(two.bytes, 70) }]), "log/unwitnessed"],
    ["no line of the log", withLines([one, two]), "log/unsigned"],
    ["a false line of the log", withLines([{ ...own, bytes: swapBit(own.bytes, 1) }, one, two]), "log/unsigned"],
    [
      "a good and a false line of the log",
      withLines([own, { ...own, bytes: swapBit(own.bytes, 1) }, one, two]),
      "log/unsigned",
    ],
    ["one entry more", plainText.replace("\n300\n", "\n301\n"), "log/unsigned"],
    ["another origin", await again(`other.example\n300\n${root}\n`), "log/other-origin"],
    ["a size with a leading zero", await again(`${ORIGIN}\n0300\n${root}\n`), "log/malformed"],
    ["a size of 2^53", await again(`${ORIGIN}\n9007199254740992\n${root}\n`), "log/malformed"],
    ["a root without padding", await again(`${ORIGIN}\n300\n${root.slice(0, -1)}\n`), "log/malformed"],
    ["a root of 31 bytes", await again(`${ORIGIN}\n300\n${Buffer.alloc(31).toString("base64")}\n`), "log/malformed"],
    ["an empty extension line", await again(`${ORIGIN}\n300\n${root}\n\nx\n`), "log/malformed"],
    ["two lines", await again(`${ORIGIN}\n300\n`), "log/malformed"],
    ["CR LF", plainText.replaceAll("\n", "\r\n"), "log/malformed"],
    ["no newline at the end", plainText.slice(0, -1), "log/malformed"],
    ["no signatures", `${note.text}\n`, "log/malformed"],
    ["a hyphen for the dash", plainText.replaceAll("\u2014", "-"), "log/malformed"],
    ["a name with a no-break space", withLines([{ ...own, name: "a\u00a0b" }, own, one, two]), "log/malformed"],
    ["base64 with spare bits", plainText.replace(/.==\n$/, "B==\n").replace(/A=\n$/, "B=\n"), "log/malformed"],
  ];
  return {
    about: "checkpoints as signed notes; policy: the log's key, three witnesses, two needed",
    vectors: cases.map(([name, text, error]) => ({
      name,
      origin: ORIGIN,
      logKey: log.text,
      witnesses: witnesses.map((witness) => witness.text),
      quorum: 2,
      note: text,
      error,
      checkpoint:
        error === null
          ? {
              size: 300,
              root: toHex(rootOf(crypto, 300)),
              times: name === "all three" ? [TIME, TIME + 1, TIME] : [TIME, TIME + 1],
            }
          : null,
    })),
  };
}

async function zeroTime(
  { name, key, signer }: ReturnType<typeof keyOf>,
  text: string,
): Promise<SignedNote["signatures"][number]> {
  const signature = await signer.sign(utf8(`cosignature/v1\ntime 0\n${text}`));
  const bytes = new Uint8Array(72);
  bytes.set(signature, 8);
  return { name, id: key.id, bytes };
}

/** All files of logs of some sizes, grown in one step: hashes for the large ones. */
export function makeTiles(crypto: Crypto): VectorFile {
  return {
    about: "files of a log whose entries are `entry 0`, `entry 1`, …; each by its SHA-256",
    vectors: [0, 1, 2, 255, 256, 257, 600, 70_000].map((size) => {
      const { tree, files } = GrowingTree.empty(crypto).append(entriesUpTo(size));
      const shown = size > 1000 ? files.filter(({ path }) => /\.p\/|\/(?:272|000)$/.test(path)) : files;
      return {
        size,
        root: toHex(tree.root),
        count: files.length,
        files: shown.map(({ path, bytes }) => ({ path, length: bytes.length, sha256: toHex(crypto.sha256(bytes)) })),
      };
    }),
  };
}

export async function makeLogProofs(crypto: Crypto): Promise<VectorFile> {
  const inclusions = await Promise.all(
    (
      [
        [0, 1],
        [0, 2],
        [1, 3],
        [4, 7],
        [6, 7],
        [255, 256],
        [256, 257],
        [137, 300],
      ] as const
    ).map(async ([index, size]) => ({
      index,
      size,
      entryHash: toHex(leafHash(crypto, entryOf(index))),
      root: toHex(rootOf(crypto, size)),
      proof: hexes(await inclusionProof(treeOf(crypto, size), index, size)),
    })),
  );
  const consistencies = await Promise.all(
    (
      [
        [0, 3],
        [1, 2],
        [2, 3],
        [3, 7],
        [4, 8],
        [6, 8],
        [7, 7],
        [256, 300],
        [100, 300],
      ] as const
    ).map(async ([oldSize, size]) => ({
      oldSize,
      size,
      oldRoot: toHex(rootOf(crypto, oldSize)),
      root: toHex(rootOf(crypto, size)),
      proof: hexes(await consistencyProof(treeOf(crypto, size), oldSize, size)),
    })),
  );
  const spoil = <T extends { readonly proof: readonly string[] }>(
    vector: T,
  ): { name: string; ok: boolean; vector: T }[] => {
    const { proof } = vector;
    const [first = "00"] = proof;
    return [
      { name: "as it is", ok: true, vector },
      { name: "one hash more", ok: false, vector: { ...vector, proof: [...proof, first.padEnd(64, "0")] } },
      ...(proof.length === 0
        ? []
        : [{ name: "one hash less", ok: false, vector: { ...vector, proof: proof.slice(1) } }]),
      ...(proof.length < 2
        ? []
        : [{ name: "in reverse", ok: false, vector: { ...vector, proof: proof.toReversed() } }]),
    ];
  };
  return {
    about: "proofs of inclusion (with `index`) and of consistency (with `oldSize`)",
    vectors: [
      ...inclusions.flatMap(spoil).map(({ name, ok, vector }) => ({ name, ok, ...vector })),
      ...consistencies.flatMap(spoil).map(({ name, ok, vector }) => ({ name, ok, ...vector })),
    ],
  };
}

/** The two texts that carry proofs: a request to a witness, and a proof for keeping. */
export async function makeLogTexts(crypto: Crypto): Promise<VectorFile> {
  const tree = treeOf(crypto, 300);
  const checkpoint = await cosignedCheckpoint(crypto, 300);
  const consistency = await consistencyProof(tree, 256, 300);
  const inclusion = await inclusionProof(tree, 137, 300);
  const extra = utf8("whatever");
  const policy = {
    logKey: logKeyOf(crypto).text,
    witnesses: witnessesOf(crypto)
      .slice(0, 2)
      .map(({ text }) => text),
  };
  return {
    about:
      "add-checkpoint requests, with `oldSize` and `oldRoot`, and tlog-proof files, with `index` and `entry`; both witnesses are needed",
    vectors: [
      {
        name: "a request",
        text: textOf(encodeAddCheckpoint({ oldSize: 256, proof: consistency, checkpoint })),
        oldSize: 256,
        oldRoot: toHex(rootOf(crypto, 256)),
        ...policy,
      },
      {
        name: "a first request",
        text: textOf(encodeAddCheckpoint({ oldSize: 0, proof: [], checkpoint })),
        oldSize: 0,
        oldRoot: toHex(rootOf(crypto, 0)),
        ...policy,
      },
      {
        name: "a proof",
        text: textOf(encodeInclusionFile({ index: 137, proof: inclusion, checkpoint })),
        index: 137,
        entry: toHex(entryOf(137)),
        extra: null,
        ...policy,
      },
      {
        name: "a proof with an extra",
        text: textOf(encodeInclusionFile({ index: 137, proof: inclusion, checkpoint, extra })),
        index: 137,
        entry: toHex(entryOf(137)),
        extra: toHex(extra),
        ...policy,
      },
    ],
  };
}
