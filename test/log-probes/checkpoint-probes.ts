import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import { concatBytes, fromUtf8, toBase64, u32, u64, utf8 } from "../../src/protocol/bytes.ts";
import { type LogPolicy, openCheckpoint, parseLogPolicy } from "../../src/protocol/tlog/checkpoint.ts";
import {
  cosignNote,
  encodeNote,
  encodeSignatureLine,
  encodeVerifierKey,
  type NoteSignature,
  parseSigningKey,
  parseVerifierKey,
  signNote,
} from "../../src/protocol/tlog/note.ts";
import { MemoryLog, type TestKey, testKey } from "../fakes/memory-log.ts";
import { smallOrderPoints } from "../unit/protocol/ed25519-points.ts";
import { entriesOf, flipped, type Probe, type ProbeGroup } from "./probe.ts";

const NOW = 1_700_000_000;

async function sampleLog(): Promise<{ log: MemoryLog; bytes: Uint8Array; note: string; policy: LogPolicy }> {
  const log = new MemoryLog(crypto);
  log.grow(entriesOf(0, 300));
  const bytes = await log.publish(NOW);
  return { log, bytes, note: fromUtf8(bytes), policy: log.policy };
}

/** A published checkpoint that somebody changed on the way: no signature was made anew. */
export async function tamperedCheckpointProbes(): Promise<ProbeGroup> {
  const { bytes, note, policy: lenient } = await sampleLog();
  // Every line is needed, so that none may be changed: a changed name makes a line a stranger's, which is no fault.
  const policy: LogPolicy = { ...lenient, quorum: 3 };
  const [origin = "", size = "", root = ""] = note.split("\n");
  const change = (from: string, to: string): string => note.replace(from, to);
  const changes: Record<string, string> = {
    "another origin": change(origin, "log.example/registes"),
    "an origin with a space more": change(origin, `${origin} `),
    "an origin in capitals": change(origin, origin.toUpperCase()),
    "one entry more": change(`\n${size}\n`, `\n${Number(size) + 1}\n`),
    "one entry less": change(`\n${size}\n`, `\n${Number(size) - 1}\n`),
    "a size of 0": change(`\n${size}\n`, "\n0\n"),
    "a leading zero": change(`\n${size}\n`, `\n0${size}\n`),
    "a plus sign": change(`\n${size}\n`, `\n+${size}\n`),
    "a size in hexadecimal": change(`\n${size}\n`, "\n0x12c\n"),
    "a size with an exponent": change(`\n${size}\n`, "\n3e2\n"),
    "a size with a space": change(`\n${size}\n`, `\n${size} \n`),
    "another root": change(root, toBase64(crypto.sha256())),
    "a root without padding": change(root, root.slice(0, -1)),
    "a root of the other alphabet": change(root, `${root.slice(0, 5)}-${root.slice(6)}`),
    "an extension line": change(`${root}\n`, `${root}\nextension\n`),
    "an empty line in front": `\n${note}`,
    "a line in front": `line\n${note}`,
    "an empty line in the text": change(`\n${size}\n`, `\n\n${size}\n`),
    "lines ending in CR LF": note.replaceAll("\n", "\r\n"),
    "one CR": change("\n", "\r\n"),
    "a tab": change("\n", "\t\n"),
    "a zero byte": change("\n", "\0\n"),
    "a byte order mark": `\ufeff${note}`,
    "no newline at the end": note.slice(0, -1),
    "two newlines at the end": `${note}\n`,
    "words after the signatures": `${note}words\n`,
    "no empty line before the signatures": change("\n\n", "\n"),
    "no signatures": note.slice(0, note.indexOf("\n\n") + 2),
    "only the text": note.slice(0, note.indexOf("\n\n") + 1),
    nothing: "",
    "a hyphen for the dash": note.replaceAll("\u2014", "-"),
    "an en dash": note.replaceAll("\u2014", "\u2013"),
    "two spaces after the dash": note.replaceAll("\u2014 ", "\u2014  "),
    "a space after the signature": change("=\n\u2014", "= \n\u2014"),
    "the text twice": note.slice(0, note.indexOf("\n\n") + 1) + note,
    "a huge text": change(`${root}\n`, `${root}\n${"x".repeat(131_072)}\n`),
    "a hundred signatures": note + note.slice(note.indexOf("\u2014")).repeat(25),
  };
  const probes: Probe[] = Object.entries(changes).map(([name, text]) => ({
    name,
    attempt: () => openCheckpoint(crypto, policy, utf8(text)),
  }));
  for (let at = 0; at < bytes.length; at += 7) {
    const changed = flipped(bytes, at);
    probes.push({ name: `another bit in byte ${at}`, attempt: () => openCheckpoint(crypto, policy, changed) });
  }
  for (let length = 0; length < bytes.length; length += 23) {
    const cut = bytes.slice(0, length);
    probes.push({ name: `cut after ${length} bytes`, attempt: () => openCheckpoint(crypto, policy, cut) });
  }
  return {
    name: "tampered checkpoint",
    controls: [{ name: "as published", attempt: () => openCheckpoint(crypto, policy, bytes) }],
    probes,
  };
}

/** What a log's own key signed although it is no checkpoint of this log. */
export async function signedNonsenseProbes(): Promise<ProbeGroup> {
  const { log, note, policy } = await sampleLog();
  const [origin = "", size = "", root = ""] = note.split("\n");
  const texts: Record<string, string> = {
    "two lines": `${origin}\n${size}\n`,
    "one line": `${origin}\n`,
    "no origin": `\n${size}\n${root}\n`,
    "another origin": `other.example\n${size}\n${root}\n`,
    "an empty extension line": `${origin}\n${size}\n${root}\n\nx\n`,
    "a size with a leading zero": `${origin}\n0${size}\n${root}\n`,
    "a size of 00": `${origin}\n00\n${root}\n`,
    "a negative size": `${origin}\n-1\n${root}\n`,
    "no size": `${origin}\n\n${root}\n`,
    "a fraction": `${origin}\n300.0\n${root}\n`,
    "an exponent": `${origin}\n3e2\n${root}\n`,
    "digits of another script": `${origin}\n\u0663\u0660\u0660\n${root}\n`,
    "a size of 2^53": `${origin}\n9007199254740992\n${root}\n`,
    "a size of 2^64": `${origin}\n18446744073709551616\n${root}\n`,
    "a size with a space": `${origin}\n ${size}\n${root}\n`,
    "a root of 31 bytes": `${origin}\n${size}\n${toBase64(new Uint8Array(31))}\n`,
    "a root of 33 bytes": `${origin}\n${size}\n${toBase64(new Uint8Array(33))}\n`,
    "no root": `${origin}\n${size}\n\n`,
    "a root in hexadecimal": `${origin}\n${size}\n${"ab".repeat(32)}\n`,
    "a root without padding": `${origin}\n${size}\n${root.slice(0, -1)}\n`,
    "a root with spare bits": `${origin}\n${size}\n${"A".repeat(42)}B=\n`,
    "a root with a space": `${origin}\n${size}\n${root} \n`,
    "a root in the other alphabet": `${origin}\n${size}\n${"-".repeat(42)}A=\n`,
  };
  const signed = async (text: string): Promise<Uint8Array> => {
    const lines = await Promise.all(log.witnesses.map(({ key, signer }) => cosignNote(text, key, signer, NOW)));
    return encodeNote({ text, signatures: [await signNote(text, log.log.key, log.log.signer), ...lines] });
  };
  return {
    name: "signed, but no checkpoint of this log",
    controls: await Promise.all(
      [`${origin}\n${size}\n${root}\n`, `${origin}\n${size}\n${root}\nan extension\n`].map(async (text, i) => {
        const bytes = await signed(text);
        return { name: `text ${i}`, attempt: () => openCheckpoint(crypto, policy, bytes) };
      }),
    ),
    probes: await Promise.all(
      Object.entries(texts).map(async ([name, text]) => {
        const bytes = await signed(text);
        return { name, attempt: () => openCheckpoint(crypto, policy, bytes) };
      }),
    ),
  };
}

/** Signature lines that claim to be the log's. */
export async function logSignatureProbes(): Promise<ProbeGroup> {
  const { log, note } = await sampleLog();
  const policy: LogPolicy = { ...log.policy, witnesses: [], quorum: 0 };
  const text = note.slice(0, note.indexOf("\n\n") + 1);
  const { key, signer } = log.log;
  const own = await signNote(text, key, signer);
  const thief = testKey(crypto, key.name, "ed25519", 66);
  const stolen = await signNote(text, thief.key, thief.signer);
  const [r, s] = [own.bytes.subarray(0, 32), own.bytes.subarray(32)];
  const cosigning = testKey(crypto, key.name, "cosignature/v1", 1);
  const lines: Record<string, readonly NoteSignature[]> = {
    "none of the log's": [{ ...own, name: "other.example" }],
    "the same name, another key": [stolen],
    "another key under the log's name and id": [{ ...stolen, id: key.id }],
    "the log's key under another id": [{ ...own, id: key.id + 1 }],
    "the log's key under id 0": [{ ...own, id: 0 }],
    "a signature over other words": [await signNote(`${text}x\n`, key, signer)],
    "a signature over the text without its newline": [{ ...own, bytes: await signer.sign(utf8(text.trimEnd())) }],
    "a signature over the text and the empty line": [{ ...own, bytes: await signer.sign(utf8(`${text}\n`)) }],
    "a signature of zeros": [{ ...own, bytes: new Uint8Array(64) }],
    "a signature of one byte": [{ ...own, bytes: Uint8Array.of(1) }],
    "a signature of 63 bytes": [{ ...own, bytes: own.bytes.subarray(1) }],
    "a signature of 65 bytes": [{ ...own, bytes: concatBytes(own.bytes, Uint8Array.of(0)) }],
    "R and S swapped": [{ ...own, bytes: concatBytes(s, r) }],
    "S above the order": [{ ...own, bytes: concatBytes(r, new Uint8Array(32).fill(255)) }],
    "R as the identity": [{ ...own, bytes: concatBytes(smallOrderPoints[0] ?? r, s) }],
    "a good line and a false one": [own, { ...own, bytes: flipped(own.bytes, 9) }],
    "a false line and a good one": [{ ...own, bytes: flipped(own.bytes, 60) }, own],
    "the log's key as a cosigner": [await cosignNote(text, cosigning.key, cosigning.signer, NOW)],
    "a cosignature under the id of the plain key": [
      { ...(await cosignNote(text, cosigning.key, cosigning.signer, NOW)), id: key.id },
    ],
  };
  const open = (signatures: readonly NoteSignature[]) => () =>
    openCheckpoint(crypto, policy, encodeNote({ text, signatures }));
  const rawLines: Record<string, string> = {
    "a name with a plus sign": `\u2014 a+b ${toBase64(new Uint8Array(68))}\n`,
    "a name with a no-break space": `\u2014 a\u00a0b ${toBase64(new Uint8Array(68))}\n`,
    "a name with a line separator": `\u2014 a\u2028b ${toBase64(new Uint8Array(68))}\n`,
    "no name": `\u2014  ${toBase64(new Uint8Array(68))}\n`,
    "no signature": "\u2014 a\n",
    "four bytes": `\u2014 a ${toBase64(new Uint8Array(4))}\n`,
    "base64 without padding": `\u2014 a ${toBase64(new Uint8Array(68)).replace(/=+$/, "")}\n`,
    "base64 with spare bits": `\u2014 a ${toBase64(new Uint8Array(68)).replace(/A=$/, "B=")}\n`,
    base64url: `\u2014 a ${"_".repeat(92)}\n`,
    "three parts": `\u2014 a b ${toBase64(new Uint8Array(68))}\n`,
    "an empty line between": `\n${encodeSignatureLine({ name: "a", id: 1, bytes: new Uint8Array(64) })}`,
  };
  return {
    name: "signatures of the log",
    controls: [
      { name: "its own line", attempt: open([own]) },
      {
        name: "beside lines of others",
        attempt: open([{ ...own, name: "other.example" }, stolen, { ...own, id: 5 }, own]),
      },
      { name: "twice", attempt: open([own, own]) },
    ],
    probes: [
      ...Object.entries(lines).map(([name, signatures]) => ({ name, attempt: open(signatures) })),
      ...Object.entries(rawLines).map(([name, line]) => ({
        name: `beside its own line, one with ${name}`,
        attempt: () => openCheckpoint(crypto, policy, utf8(`${text}\n${encodeSignatureLine(own)}${line}`)),
      })),
    ],
  };
}

export async function cosignatureProbes(): Promise<ProbeGroup> {
  const { log, note, policy } = await sampleLog();
  const text = note.slice(0, note.indexOf("\n\n") + 1);
  const own = await signNote(text, log.log.key, log.log.signer);
  const [w1, w2, w3] = log.witnesses as [TestKey, TestKey, TestKey];
  const line = (witness: TestKey, time = NOW, words = text) => cosignNote(words, witness.key, witness.signer, time);
  const stranger = testKey(crypto, "witness.example/w9", "cosignature/v1", 90);
  const impostor = testKey(crypto, w2.key.name, "cosignature/v1", 91);
  const plain = testKey(crypto, w2.key.name, "ed25519", 101);
  const [one, two] = [await line(w1), await line(w2)];
  const over = async (message: string, time = NOW): Promise<NoteSignature> => ({
    ...two,
    bytes: concatBytes(u64(time), await w2.signer.sign(utf8(message))),
  });
  const other = log.fork();
  other.grow(entriesOf(300, 1));
  const otherText = fromUtf8(await other.publish(NOW)).split("\n\n")[0] ?? "";
  const forged: Record<string, readonly NoteSignature[]> = {
    "one of two": [one],
    none: [],
    "one twice": [one, one],
    "one twice, at two times": [one, await line(w1, NOW + 5)],
    "one and a stranger": [one, await line(stranger)],
    "one and the log itself": [one, { ...own, name: w2.key.name, id: w2.key.id }],
    "another key of the witness's name": [one, await line(impostor)],
    "another key under the witness's name and id": [one, { ...(await line(impostor)), id: w2.key.id }],
    "another time than was signed": [one, { ...two, bytes: concatBytes(u64(NOW + 1), two.bytes.subarray(8)) }],
    "time 0": [one, await over(`cosignature/v1\ntime 0\n${text}`, 0)],
    "time 2^53": [one, { ...two, bytes: concatBytes(u32(0x0020_0000), u32(0), two.bytes.subarray(8)) }],
    "time 2^64 - 1": [one, { ...two, bytes: concatBytes(new Uint8Array(8).fill(255), two.bytes.subarray(8)) }],
    "a time with a leading zero": [one, await over(`cosignature/v1\ntime 0${NOW}\n${text}`)],
    "no time line": [one, await over(`cosignature/v1\n${text}`)],
    "no header": [one, await over(`time ${NOW}\n${text}`)],
    "header of version 2": [one, await over(`cosignature/v2\ntime ${NOW}\n${text}`)],
    "the text alone": [one, await over(text)],
    "without the last newline": [one, await over(`cosignature/v1\ntime ${NOW}\n${text.trimEnd()}`)],
    "a plain signature under the witness's id": [one, { ...two, bytes: await w2.signer.sign(utf8(text)) }],
    "a plain signature with the plain id": [one, await signNote(text, plain.key, plain.signer)],
    "the id of a plain signature": [one, { ...two, id: plain.key.id }],
    "71 bytes": [one, { ...two, bytes: two.bytes.subarray(1) }],
    "73 bytes": [one, { ...two, bytes: concatBytes(two.bytes, Uint8Array.of(0)) }],
    "64 bytes, without a time": [one, { ...two, bytes: two.bytes.subarray(8) }],
    "time behind the signature": [one, { ...two, bytes: concatBytes(two.bytes.subarray(8), two.bytes.subarray(0, 8)) }],
    "of another checkpoint": [one, await line(w2, NOW, `${otherText}\n`)],
    "a good one and a false one": [one, two, { ...two, bytes: flipped(two.bytes, 40) }],
    "a false one of a third witness": [one, two, { ...(await line(w3)), bytes: flipped((await line(w3)).bytes, 30) }],
    ...Object.fromEntries(
      Array.from({ length: 9 }, (_, i) => [
        `another bit in byte ${i * 8}`,
        [one, { ...two, bytes: flipped(two.bytes, i * 8) }],
      ]),
    ),
  };
  const open =
    (lines: readonly NoteSignature[], rules: LogPolicy = policy) =>
    () =>
      openCheckpoint(crypto, rules, encodeNote({ text, signatures: [own, ...lines] }));
  const fresh = { ...policy, freshness: { nowSeconds: NOW + 1000, maxAgeSeconds: 600 } };
  return {
    name: "cosignatures",
    controls: [
      { name: "two of three", attempt: open([one, two]) },
      { name: "beside a stranger's", attempt: open([one, await line(stranger), await line(impostor), two]) },
      { name: "recent enough", attempt: open([await line(w1, NOW + 500), await line(w2, NOW + 1500)], fresh) },
    ],
    probes: [
      ...Object.entries(forged).map(([name, lines]) => ({ name, attempt: open(lines) })),
      { name: "too old", attempt: open([one, two], fresh) },
      { name: "one of them too old", attempt: open([one, await line(w2, NOW + 1000)], fresh) },
      { name: "too far in the future", attempt: open([await line(w1, NOW + 9000), await line(w2, NOW + 9000)], fresh) },
    ],
  };
}

export function keyProbes(): ProbeGroup {
  const log = testKey(crypto, "log.example", "ed25519", 1);
  const witnesses = [1, 2, 3].map((n) => testKey(crypto, `w${n}.example`, "cosignature/v1", 10 + n));
  const [vkey, ...vkeys] = [log, ...witnesses].map(({ key }) => encodeVerifierKey(key)) as [
    string,
    string,
    string,
    string,
  ];
  const [name = "", hash = "", base64 = ""] = vkey.split(/\+(.{8})\+/);
  const material = (bytes: Uint8Array): string => {
    const id = crypto.sha256(utf8(`${name}\n`), bytes).subarray(0, 4);
    return `${name}+${Buffer.from(id).toString("hex")}+${toBase64(bytes)}`;
  };
  const typed = (type: number, key: Uint8Array): string => material(concatBytes(Uint8Array.of(type), key));
  const { publicKey } = log.key;
  const keys: Record<string, string> = {
    "no parts": "log.example",
    "two parts": `${name}+${hash}`,
    nothing: "",
    "no name": `+${hash}+${base64}`,
    "another name": `other.example+${hash}+${base64}`,
    "a name with a space": `log example+${hash}+${base64}`,
    "another hash": `${name}+${hash.replace(/.$/, (c) => (c === "0" ? "1" : "0"))}+${base64}`,
    "a hash in capitals": `${name}+${hash.toUpperCase()}+${base64}`.replace(hash, hash.toUpperCase()),
    "a hash of seven digits": `${name}+${hash.slice(1)}+${base64}`,
    "base64 of an impossible length": vkey.slice(0, -1),
    "a newline at the end": `${vkey}\n`,
    "type 0": typed(0, publicKey),
    "type 2, ECDSA": typed(2, publicKey),
    "type 6, ML-DSA": typed(6, publicKey),
    "31 bytes": typed(1, publicKey.subarray(1)),
    "33 bytes": typed(1, concatBytes(publicKey, Uint8Array.of(0))),
    "no key": typed(1, new Uint8Array()),
    "no type": material(new Uint8Array()),
    ...Object.fromEntries(smallOrderPoints.map((point, i) => [`point ${i} of small order`, typed(1, point)])),
  };
  const policies: Record<string, Parameters<typeof parseLogPolicy>[1]> = {
    "more than all": { logKey: vkey, witnesses: vkeys, quorum: 4 },
    "fewer than none": { logKey: vkey, witnesses: vkeys, quorum: -1 },
    "one and a half": { logKey: vkey, witnesses: vkeys, quorum: 1.5 },
    "one witness twice": { logKey: vkey, witnesses: [vkeys[0], vkeys[0]], quorum: 2 },
    "one key under two names": {
      logKey: vkey,
      witnesses: [vkeys[0], encodeVerifierKey(testKey(crypto, "other.example", "cosignature/v1", 11).key)],
      quorum: 2,
    },
    "the log as its own witness": {
      logKey: vkey,
      witnesses: [encodeVerifierKey(testKey(crypto, "log.example", "cosignature/v1", 1).key)],
      quorum: 1,
    },
    "a log's key as a witness's": {
      logKey: vkey,
      witnesses: [encodeVerifierKey(testKey(crypto, "w", "ed25519", 9).key)],
      quorum: 1,
    },
    "a witness's key as a log's": { logKey: vkeys[0], witnesses: [], quorum: 0 },
  };
  return {
    name: "keys and policies",
    controls: [
      { name: "a log's key", attempt: () => parseVerifierKey(crypto, vkey) },
      { name: "a witness's key", attempt: () => parseVerifierKey(crypto, vkeys[0]) },
      { name: "two of three", attempt: () => parseLogPolicy(crypto, { logKey: vkey, witnesses: vkeys, quorum: 2 }) },
    ],
    probes: [
      ...Object.entries(keys).map(([what, text]) => ({ name: what, attempt: () => parseVerifierKey(crypto, text) })),
      { name: "a verifier key as a secret one", attempt: () => parseSigningKey(crypto, vkey) },
      ...Object.entries(policies).map(([what, texts]) => ({
        name: what,
        attempt: () => parseLogPolicy(crypto, texts),
      })),
    ],
  };
}
