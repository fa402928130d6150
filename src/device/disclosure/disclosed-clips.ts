import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { parseWrap } from "../../protocol/wrap.ts";
import { ClipFile } from "../vault/clip-scan.ts";
import { VaultFolder } from "../vault/folder.ts";
import { walk } from "../vault/index-clip.ts";
import { idsOf } from "../vault/reconcile.ts";

const MS_PER_DAY = 86_400_000;

/** What a clip's file says to whoever has the card. */
export interface DisclosedClip {
  /** Random. */
  readonly id: string;
  /** UTC day number in its head. */
  readonly day: number;
  readonly bytes: number;
  readonly pinned: boolean;
  readonly closed: boolean;
  /** Fragments of picture and of sound; of one second each, as cameras are set up as a rule. */
  readonly pictureFragments: number;
  readonly soundFragments: number;
  /** For how many members its seed is wrapped. Whose keys open it the wraps do not tell. */
  readonly wraps: number;
  /** Days that the wraps' keys belong to. */
  readonly wrapDays: readonly number[];
  /** Unix milliseconds of the file's birth as the file system keeps it; null where it keeps none. Nothing of ours can change it. */
  readonly bornMs: number | null;
}

/** Oldest first, as far as the card tells. A file whose head cannot be read is left out, and its name is in `unreadable`. */
export async function discloseClips(
  crypto: Crypto,
  dataDir: string,
): Promise<{ readonly clips: DisclosedClip[]; readonly unreadable: string[] }> {
  const folder = new VaultFolder(join(dataDir, "vault"));
  const entries = await folder.entries();
  const pinned = new Set(idsOf(entries, "pin").map(toHex));
  const clips: DisclosedClip[] = [];
  const unreadable: string[] = [];
  for (const id of idsOf(entries, "clip")) {
    const clip = discloseClip(crypto, id, folder.path(id, "clip"), pinned.has(toHex(id)));
    if (clip === null) unreadable.push(`${toHex(id)}.clip`);
    else clips.push(clip);
  }
  clips.sort((a, b) => a.day - b.day || (a.bornMs ?? 0) - (b.bornMs ?? 0));
  return { clips, unreadable };
}

function discloseClip(crypto: Crypto, id: Uint8Array, path: string, pinned: boolean): DisclosedClip | null {
  if (!existsSync(path)) return null; // erased since the folder was read
  const file = new ClipFile(path);
  try {
    const { head, places, manifest } = walk(crypto, file);
    const count = (lane: number): number => places.filter((place) => place.lane === lane && place.index > 0).length;
    const { birthtimeMs } = statSync(path);
    return {
      id: toHex(id),
      day: head.day,
      bytes: file.size,
      pinned,
      closed: manifest !== null,
      pictureFragments: count(1),
      soundFragments: count(2),
      wraps: head.wraps.length,
      wrapDays: [...new Set(head.wraps.flatMap((wrap) => dayOfWrap(wrap)))],
      bornMs: birthtimeMs > 0 && birthtimeMs % MS_PER_DAY !== 0 ? Math.floor(birthtimeMs) : null,
    };
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  } finally {
    file.close();
  }
}

function dayOfWrap(wrap: Uint8Array): number[] {
  try {
    return [parseWrap(wrap).day];
  } catch (error) {
    if (error instanceof ProtocolError) return [];
    throw error;
  }
}
