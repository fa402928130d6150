import { wipe } from "../../protocol/bytes.ts";
import { encodeClipHead } from "../../protocol/clip-file.ts";
import { LANES, LaneRatchet } from "../../protocol/clip-keys.ts";
import { wrapSeed } from "../../protocol/wrap.ts";
import { writeFileDurably } from "../platform/durable-file.ts";
import { openClipFile, type VaultParts } from "./parts.ts";
import { RecordingClip } from "./recording-clip.ts";
import type { DayPublicKey } from "./types.ts";

const SEED_BYTES = 32;
const ID_BYTES = 16;

/**
 * Makes a clip's seed, wraps it for every member, keeps only the lanes' ratchets of it, and puts head and row on disk.
 * @param onEnd - Called once, when the clip takes no more fragments and its file is closed.
 */
export async function beginClip(
  parts: VaultParts,
  recipients: readonly DayPublicKey[],
  day: number,
  onEnd: (id: Uint8Array) => Promise<void>,
): Promise<RecordingClip> {
  const { folder, catalog, space, ports } = parts;
  const { crypto, clock } = ports;
  const id = crypto.randomBytes(ID_BYTES);
  const seed = crypto.randomBytes(SEED_BYTES);
  const wraps = recipients.map((member) => wrapSeed(crypto, member.day, member.publicKey, seed));
  const ratchets = new Map(Object.values(LANES).map((lane) => [lane, new LaneRatchet(crypto, seed, lane)]));
  wipe(seed);
  const head = encodeClipHead(crypto, { clip: id, day, wraps });
  const path = folder.path(id, "clip");
  await space.makeRoom(head.length);
  await space.withRoom(() => writeFileDurably(path, head, { day }));
  const number = await space.withRoom(() => catalog.addOpenClip(id, day, head.length));
  space.add(head.length);
  const openFile = () => openClipFile(parts, id, day);
  return RecordingClip.begin(
    { id, day, number, path, ratchets, openFile, clock: clock.synced() ? "synced" : "unsynced" },
    { ...ports, catalog, space, onEnd: () => onEnd(id) },
  );
}
