import { equalBytes, wipe } from "../../protocol/bytes.ts";
import { clipSigningSeed } from "../../protocol/clip-key.ts";
import { LANES, type LaneName } from "../../protocol/clip-keys.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { openStatement, readStatement, verifyStatement } from "../../protocol/envelope.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { totalLeaves } from "../../protocol/merkle.ts";
import { clipKeyStatement } from "../../protocol/statements/clip-key.ts";
import { type LeafCounts, type Manifest, manifestStatement } from "../../protocol/statements/manifest.ts";
import { ClipFile, type ClipScan, type ScannedRecord, scanClip } from "./clip-scan.ts";
import { placesOf } from "./index-clip.ts";
import { LeafSet } from "./leaf-set.ts";
import type { FindingCode } from "./types.ts";

export interface Fault {
  readonly code: FindingCode;
  readonly text: string;
}

export interface VerifiedClip {
  readonly faults: readonly Fault[];
  /** What the catalog should say; null when the file does not tell. */
  readonly content: {
    readonly day: number;
    readonly leaves: LeafCounts;
    readonly records: readonly ScannedRecord[];
  } | null;
  readonly fragments: number;
  readonly bytes: number;
}

/** Reads a whole clip file and compares it with its own signatures; the fragments stay sealed. */
export async function verifyClip(
  crypto: Crypto,
  deviceSigningSeed: Uint8Array,
  id: Uint8Array,
  path: string,
  signal?: AbortSignal,
): Promise<VerifiedClip> {
  const file = new ClipFile(path);
  try {
    const scan = await scanClip(crypto, file, signal);
    return equalBytes(scan.head.clip, id)
      ? judge(crypto, deviceSigningSeed, id, scan)
      : unreadable(file.size, "it bears another clip's name");
  } catch (error) {
    if (error instanceof ProtocolError) return unreadable(file.size, error.message);
    throw error;
  } finally {
    file.close();
  }
}

const unreadable = (bytes: number, reason: string): VerifiedClip => ({
  faults: [{ code: "check/head-damaged", text: `the head of the file cannot be read: ${reason}; it is left as it is` }],
  content: null,
  fragments: 0,
  bytes,
});

function judge(crypto: Crypto, deviceSeed: Uint8Array, id: Uint8Array, scan: ClipScan): VerifiedClip {
  const base = { fragments: scan.records.length, bytes: scan.fileBytes };
  const torn = tornTail(scan);
  if (scan.manifest === null || scan.clipKey === null) {
    const text = "it was never closed; the next start signs what is whole as cut";
    return { ...base, faults: [{ code: "check/not-closed", text }, ...torn, ...damaged(scan.records)], content: null };
  }
  const seed = clipSigningSeed(crypto, deviceSeed, id);
  const { publicKey } = crypto.signingKeyFromSeed(seed);
  wipe(seed);
  const manifest = readManifest(crypto, scan.manifest, publicKey);
  if (manifest === null) {
    const text = "its manifest is not signed by the clip's own key of this device";
    return {
      ...base,
      faults: [{ code: "check/manifest-signature", text }, ...torn, ...damaged(scan.records)],
      content: null,
    };
  }
  const records = placesOf(scan.records, manifest.leaves);
  const faults = [
    ...bindingFault(manifest, id),
    ...rootFault(crypto, manifest, records),
    ...clipKeyFault(crypto, scan.clipKey, {
      device: crypto.signingKeyFromSeed(deviceSeed).publicKey,
      clip: id,
      clipKey: publicKey,
    }),
    ...damaged(records),
    ...torn,
  ];
  return { ...base, faults, content: { day: scan.head.day, leaves: manifest.leaves, records } };
}

function readManifest(crypto: Crypto, envelope: Uint8Array, clipKey: Uint8Array): Manifest | null {
  try {
    const { payload } = verifyStatement(crypto, readStatement(crypto, manifestStatement, envelope), clipKey);
    return equalBytes(payload.clipKey, clipKey) ? payload : null;
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

function bindingFault(manifest: Manifest, id: Uint8Array): Fault[] {
  if (equalBytes(manifest.clip, id)) return [];
  return [{ code: "check/manifest-binding", text: "its manifest belongs to another clip" }];
}

/** Over leaf data, so that a damaged ciphertext is told apart from a changed list of fragments. */
function rootFault(crypto: Crypto, manifest: Manifest, records: readonly ScannedRecord[]): Fault[] {
  const leaves = new LeafSet();
  for (const { leaf } of records) leaves.add(leaf);
  if (leaves.size === totalLeaves(manifest.leaves) && equalBytes(leaves.root(crypto), manifest.root)) return [];
  return [{ code: "check/manifest-root", text: "its fragments are not the ones its manifest was signed for" }];
}

function clipKeyFault(
  crypto: Crypto,
  envelope: Uint8Array,
  expected: { device: Uint8Array; clip: Uint8Array; clipKey: Uint8Array },
): Fault[] {
  try {
    const { payload } = openStatement(crypto, clipKeyStatement, envelope, expected.device);
    const isRight =
      equalBytes(payload.device, expected.device) &&
      equalBytes(payload.clip, expected.clip) &&
      equalBytes(payload.clipKey, expected.clipKey);
    if (isRight) return [];
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
  return [{ code: "check/clip-key-signature", text: "its clip-key statement is not this device's" }];
}

const LANE_NAMES = Object.keys(LANES) as LaneName[];

/** One fault per lane. */
function damaged(records: readonly ScannedRecord[]): Fault[] {
  return LANE_NAMES.flatMap((lane) => {
    const indexes = records.filter((record) => record.lane === LANES[lane] && !record.intact).map(({ index }) => index);
    if (indexes.length === 0) return [];
    const shown = indexes.slice(0, 5).join(", ") + (indexes.length > 5 ? " and others" : "");
    return [
      {
        code: "check/fragment-damaged",
        text: `${indexes.length} of its ${lane} fragments changed on the card: ${shown}`,
      },
    ];
  });
}

function tornTail(scan: ClipScan): Fault[] {
  const bytes = scan.fileBytes - scan.wholeBytes;
  return bytes === 0 ? [] : [{ code: "check/tail-torn", text: `its last ${bytes} bytes are no whole record` }];
}
