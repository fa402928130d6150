import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import { concatBytes, fromUtf8, utf8 } from "../../src/protocol/bytes.ts";
import { encodeAddCheckpoint, parseAddCheckpoint } from "../../src/protocol/tlog/add-checkpoint.ts";
import { followLog, type SeenCheckpoint } from "../../src/protocol/tlog/follow-log.ts";
import { encodeInclusionFile, verifyInclusionFile } from "../../src/protocol/tlog/inclusion-file.ts";
import { inclusionProof } from "../../src/protocol/tlog/proofs.ts";
import { decodeBundle, encodeBundle, parseTilePath, type TileSource } from "../../src/protocol/tlog/tiles.ts";
import { TreeReader } from "../../src/protocol/tlog/tree-reader.ts";
import { MemoryLog } from "../fakes/memory-log.ts";
import { entriesOf, flipped, type Probe, type ProbeGroup } from "./probe.ts";

/** Follows to the end; a refusal anywhere on the way is one. */
export async function readAll(log: MemoryLog, seen: SeenCheckpoint | null, source: TileSource = log): Promise<number> {
  const { entries } = await followLog(crypto, log.policy, seen, source);
  let count = 0;
  for await (const _ of entries) count += 1;
  return count;
}

const isBundle = (path: string): boolean => path.startsWith("tile/entries/");

/** One file as a mirror might spoil it. */
function spoiledFile(path: string, bytes: Uint8Array): (readonly [name: string, bytes: Uint8Array | null])[] {
  const last = bytes.length - 1;
  const unit = isBundle(path) ? ((bytes[0] ?? 0) << 8) + (bytes[1] ?? 0) + 2 : 32;
  const [first, rest] = [bytes.subarray(0, unit), bytes.subarray(unit)];
  const variants: [string, Uint8Array | null][] = [
    ["missing", null],
    ["empty", new Uint8Array()],
    ["without its last byte", bytes.subarray(0, last)],
    ["without its first byte", bytes.subarray(1)],
    ["with a byte more", concatBytes(bytes, Uint8Array.of(0))],
    ["without its first item", rest],
    ["with its first item twice", concatBytes(first, bytes)],
    ["with another bit at its beginning", flipped(bytes, 0)],
    ["with another bit in its middle", flipped(bytes, last >> 1)],
    ["with another bit at its end", flipped(bytes, last)],
    ["all zeros", new Uint8Array(bytes.length)],
    ["twice", concatBytes(bytes, bytes)],
  ];
  if (rest.length > 0) variants.push(["with its first item last", concatBytes(rest, first)]);
  if (isBundle(path)) {
    variants.push(
      ["with a length one too large", flipped(bytes, 1)],
      ["with an empty entry more", concatBytes(bytes, Uint8Array.of(0, 0))],
    );
  } else {
    variants.push(["with a hash more", concatBytes(bytes, crypto.sha256(bytes))]);
  }
  return variants;
}

export async function spoiledFileProbes(): Promise<ProbeGroup> {
  const log = new MemoryLog(crypto);
  log.grow(entriesOf(0, 300));
  const seen = log.seen(await log.publish());
  log.grow(entriesOf(300, 530));
  await log.publish();
  const probes: Probe[] = [];
  for (const [from, start] of [
    ["the beginning", null],
    ["300", seen],
  ] as const) {
    log.asked.length = 0;
    await readAll(log, start);
    for (const path of new Set(log.asked.filter((path) => path.startsWith("tile/")))) {
      for (const [name, bytes] of spoiledFile(path, log.files.get(path) ?? new Uint8Array())) {
        const source: TileSource = { get: (wanted) => (wanted === path ? Promise.resolve(bytes) : log.get(wanted)) };
        // A partial tile that is missing is looked for as a full one, which is not there.
        probes.push({ name: `from ${from}, ${path} ${name}`, attempt: () => readAll(log, start, source) });
      }
    }
  }
  const isolated: TileSource = { get: () => Promise.reject(new Error("no network")) };
  probes.push({ name: "a source that fails", attempt: () => readAll(log, seen, isolated) });
  return {
    name: "tiles and bundles",
    controls: [
      { name: "from the beginning", attempt: () => readAll(log, null) },
      { name: "from 300", attempt: () => readAll(log, seen) },
    ],
    probes,
  };
}

export function bundleProbes(): ProbeGroup {
  const entries = [utf8("a"), new Uint8Array(), utf8("bcd"), new Uint8Array(65_535)];
  const bytes = encodeBundle(entries);
  const probe = (name: string, given: Uint8Array, width: number): Probe => ({
    name,
    attempt: () => decodeBundle(given, width),
  });
  return {
    name: "bundles taken apart",
    controls: [probe("as written", bytes, 4), probe("of none", new Uint8Array(), 0)],
    probes: [
      ...[0, 1, 3, 5, 256].map((width) => probe(`as ${width} entries`, bytes, width)),
      ...[1, 2, 3, 4, 5, 7, 100, 65_000].map((cut) =>
        probe(`without its last ${cut} bytes`, bytes.subarray(0, bytes.length - cut), 4),
      ),
      probe("half a length at the end", concatBytes(bytes, Uint8Array.of(0)), 4),
      probe("half a length as the fifth", concatBytes(bytes, Uint8Array.of(0)), 5),
      probe("an entry too long for its length", Uint8Array.of(0xff, 0xff, 1), 1),
      { name: "an entry too long to be written", attempt: () => encodeBundle([new Uint8Array(65_536)]) },
    ],
  };
}

export function pathProbes(): ProbeGroup {
  const good = [
    "tile/0/000",
    "tile/63/999",
    "tile/1/x001/234",
    "tile/0/x001/x234/067.p/255",
    "tile/entries/000.p/1",
    "tile/entries/x123/456",
  ];
  const bad = [
    "",
    "tile",
    "tile/",
    "checkpoint",
    "/tile/0/000",
    "tile/0/000/",
    "tile//000",
    "tile/00/000",
    "tile/64/000",
    "tile/-1/000",
    "tile/100/000",
    "tile/0/0",
    "tile/0/00",
    "tile/0/0000",
    "tile/0/x000/001",
    "tile/0/x001",
    "tile/0/001/234",
    "tile/0/x001/x234",
    "tile/0/x1/234",
    "tile/0/X001/234",
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/000.p/01",
    "tile/0/000.p/",
    "tile/0/000.p",
    "tile/0/000.p/1/",
    "tile/0/000.p/-1",
    "tile/0/000.p/1000",
    "tile/data/000",
    "tile/entries",
    "tile/Entries/000",
    "tile/0/../000",
    "tile/0/%30%30%30",
    "tile/0/000?x",
    "tile/0/000\n",
    "tile/0/ 00",
    "tile/0/0a0",
    "tile/0/\u0660\u0660\u0660",
    `tile/0/${"x999/".repeat(9)}999`,
    "TILE/0/000",
    "tile\\0\\000",
    "tile/0/000.P/1",
  ];
  const probe = (path: string): Probe => ({ name: JSON.stringify(path), attempt: () => parseTilePath(path) });
  return { name: "paths", controls: good.map(probe), probes: bad.map(probe) };
}

export async function inclusionFileProbes(): Promise<ProbeGroup> {
  const log = new MemoryLog(crypto);
  log.grow(entriesOf(0, 300));
  const checkpoint = await log.publish();
  const tree = new TreeReader(crypto, log, log.tree);
  const [index, entries] = [137, entriesOf(0, 300)];
  const entry = entries[index] ?? new Uint8Array();
  const proof = await inclusionProof(tree, index, 300);
  const file = fromUtf8(encodeInclusionFile({ index, proof, checkpoint }));
  const withExtra = fromUtf8(encodeInclusionFile({ index, proof, checkpoint, extra: utf8("more") }));
  const check =
    (text: string, of: Uint8Array = entry) =>
    () =>
      verifyInclusionFile(crypto, log.policy, of, utf8(text));
  const older = log.fork();
  const otherLog = new MemoryLog(crypto, { origin: "other.example" });
  otherLog.grow(entriesOf(0, 300));
  older.grow(entriesOf(300, 300));
  const at = (path: readonly Uint8Array[], where = index, note = checkpoint): string =>
    fromUtf8(encodeInclusionFile({ index: where, proof: path, checkpoint: note }));
  const lines = file.split("\n");
  const texts: Record<string, string> = {
    "index 136": at(proof, 136),
    "index 138": at(proof, 138),
    "index 0": at(proof, 0),
    "index 300": at(proof, 300),
    "a larger checkpoint of the same log": at(proof, index, await older.publish()),
    "a checkpoint of another log": at(proof, index, await otherLog.publish()),
    "a checkpoint nobody cosigned": at(proof, index, await log.fork().publish(1, [])),
    "no proof": at([]),
    "the proof in reverse": at(proof.toReversed()),
    "a hash less": at(proof.slice(1)),
    "a hash more": at([...proof, crypto.sha256()]),
    "64 hashes": at(Array.from({ length: 64 }, () => crypto.sha256())),
    ...Object.fromEntries(proof.map((hash, i) => [`another bit in hash ${i}`, at(proof.with(i, flipped(hash, 5)))])),
    "another version": file.replace("proof@v1", "proof@v2"),
    "no first line": lines.slice(1).join("\n"),
    "no index": [lines[0], ...lines.slice(2)].join("\n"),
    "an index with a zero in front": file.replace("index 137", "index 0137"),
    "a negative index": file.replace("index 137", "index -137"),
    "an index with a space": file.replace("index 137", "index  137"),
    "two indexes": file.replace("index 137", "index 137\nindex 137"),
    "the extra after the index": file.replace("index 137", "index 137\nextra bW9yZQ=="),
    "an extra that is no base64": withExtra.replace("bW9yZQ==", "bW9yZQ"),
    "an extra twice": withExtra.replace("extra ", "extra bW9yZQ==\nextra "),
    "a hash in hexadecimal": file.replace(lines[2] ?? "", "ab".repeat(32)),
    "CR LF": file.replaceAll("\n", "\r\n"),
    "no empty line": file.replace("\n\n", "\n"),
    "no checkpoint": file.slice(0, file.indexOf("\n\n") + 2),
    "no newline at the end": file.slice(0, -1),
    "too long": `${file}${"\u2014 a AAAAAAAA\n".repeat(30_000)}`,
    nothing: "",
  };
  return {
    name: "inclusion files",
    controls: [
      { name: "as written", attempt: check(file) },
      { name: "with an extra", attempt: check(withExtra) },
    ],
    probes: [
      ...Object.entries(texts).map(([name, text]) => ({ name, attempt: check(text) })),
      ...[136, 138, 0, 299].map((other) => ({ name: `for entry ${other}`, attempt: check(file, entries[other]) })),
      { name: "for an entry with a byte more", attempt: check(file, concatBytes(entry, Uint8Array.of(0))) },
      { name: "for nothing", attempt: check(file, new Uint8Array()) },
    ],
  };
}

export async function requestProbes(): Promise<ProbeGroup> {
  const log = new MemoryLog(crypto);
  log.grow(entriesOf(0, 9));
  const good = fromUtf8(encodeAddCheckpoint({ oldSize: 9, proof: [crypto.sha256()], checkpoint: await log.publish() }));
  const hashLine = good.split("\n")[1] ?? "";
  const texts = [
    "",
    "\n",
    "\n\n",
    good.replace("old 9\n", ""),
    good.replace("old 9", "old"),
    good.replace("old 9", "old "),
    good.replace("old 9", "old 09"),
    good.replace("old 9", "old -9"),
    good.replace("old 9", "old 9 "),
    good.replace("old 9", "old\t9"),
    good.replace("old 9", "Old 9"),
    good.replace("old 9", "old 9.0"),
    good.replace("old 9", "old 9007199254740993"),
    good.replace("old 9", "old \u0669"),
    good.replace(hashLine, hashLine.slice(0, -1)),
    good.replace(hashLine, `${hashLine}=`),
    good.replace(hashLine, "A".repeat(44)),
    good.replace(hashLine, "AAAA"),
    good.replace(hashLine, ` ${hashLine}`),
    good.replace(`${hashLine}\n`, `${hashLine}\n`.repeat(64)),
    good.replaceAll("\n", "\r\n"),
    good.replace("\n\n", "\n"),
    `${good}${"x".repeat(140_000)}`,
    good.replace("old 9", "old 9\nold 9"),
  ];
  return {
    name: "requests to witnesses",
    controls: [{ name: "as written", attempt: () => parseAddCheckpoint(utf8(good)) }],
    probes: [
      ...texts.map((text, i) => ({ name: `text ${i}`, attempt: () => parseAddCheckpoint(utf8(text)) })),
      { name: "no UTF-8", attempt: () => parseAddCheckpoint(Uint8Array.of(0xff, ...utf8(good))) },
    ],
  };
}
