import { concatBytes, toBase64url, u32 } from "../../protocol/bytes.ts";
import { LANES, type Lane } from "../../protocol/clip-keys.ts";
import { encodeLeaf } from "../../protocol/fragment.ts";
import {
  type ArgsOf,
  CLIP_INDEX_PART_ROWS,
  encodeClipIndex,
  FRAGMENTS_REPLY_BYTES,
  type ResultOf,
} from "../../protocol/link-ops.ts";
import type { LinkPort } from "../link/link-ports.ts";
import { VaultError } from "../vault/errors.ts";
import type { ClipHead, ClipRow } from "../vault/types.ts";
import { answer, CLIP_GONE, isOwner, NOT_AN_OWNER } from "./answering.ts";

export interface ClipOpsVault {
  list(query?: { readonly sinceDay?: number; readonly limit?: number }): ClipRow[];
  /** Oldest first. */
  all(): ClipRow[];
  find(id: Uint8Array): ClipRow | null;
  head(id: Uint8Array): Promise<ClipHead>;
  readFragment(id: Uint8Array, lane: Lane, index: number): Promise<Uint8Array>;
  pin(id: Uint8Array): Promise<void>;
  unpin(id: Uint8Array): Promise<void>;
  erase(id: Uint8Array): Promise<void>;
}

const LENGTH_BYTES = 4;

/** Looking at clips, and keeping or erasing them. Nothing here is logged: nobody records which clips a member reads. */
export function answerClipOps(link: LinkPort, vault: ClipOpsVault): void {
  answer(link, "clips", ({ args: { sinceDay, limit } }) => {
    const rows = vault.list(sinceDay === null ? { limit } : { sinceDay, limit });
    return { result: { clips: rows.map(({ id, ...row }) => ({ clip: id, ...row })) } };
  });

  answer(link, "clip-index", ({ args: { offset } }) => {
    const rows = vault.all();
    const part = rows.slice(offset, offset + CLIP_INDEX_PART_ROWS);
    return {
      result: { clips: rows.length },
      attachment: encodeClipIndex(part.map(({ id, ...row }) => ({ clip: id, ...row }))),
    };
  });

  answer(link, "clip-head", async ({ args: { clip } }) => {
    return (await headReply(vault, clip)) ?? CLIP_GONE;
  });

  answer(link, "fragments", async ({ args }) => {
    const lane = Object.values(LANES).find((known) => known === args.lane);
    if (lane === undefined || vault.find(args.clip) === null) return CLIP_GONE;
    return { result: {}, attachment: await readFragments(vault, lane, args) };
  });

  for (const op of ["pin", "unpin", "erase"] as const) {
    answer(link, op, async ({ args: { clip }, request }) => {
      if (!isOwner(request)) return NOT_AN_OWNER;
      if (vault.find(clip) === null) return CLIP_GONE;
      await vault[op](clip);
      return { result: {} };
    });
  }
}

/** What `clip-head` answers; null when the clip is gone. */
export async function headReply(
  vault: Pick<ClipOpsVault, "find" | "head">,
  clip: Uint8Array,
): Promise<{ readonly result: ResultOf<"clip-head">; readonly attachment: Uint8Array } | null> {
  if (vault.find(clip) === null) return null;
  const { day, wraps, leaves, manifest, clipKey } = await vault.head(clip);
  return {
    result: { clip, day, wraps, manifest: textOf(manifest), clipKey: textOf(clipKey) },
    attachment: concatBytes(...leaves.map(encodeLeaf)),
  };
}

const textOf = (envelope: Uint8Array | null): string | null => (envelope === null ? null : toBase64url(envelope));

/** `length 4 · bytes` for each fragment until the reply is full; the last one may be cut, the next request goes on there. */
async function readFragments(
  vault: ClipOpsVault,
  lane: Lane,
  { clip, first, count, offset }: ArgsOf<"fragments">,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let room = FRAGMENTS_REPLY_BYTES;
  for (let index = first; index < first + count && room > LENGTH_BYTES; index += 1) {
    const ciphertext = await readCiphertext(vault, clip, lane, index);
    if (ciphertext === null) break;
    const start = index === first ? offset : 0;
    const part = ciphertext.subarray(start, start + room - LENGTH_BYTES);
    parts.push(u32(part.length), part);
    room -= part.length + LENGTH_BYTES;
  }
  return concatBytes(...parts);
}

/** Empty bytes for a damaged fragment, so that the rest of the clip still plays; null beyond the lane's end. */
export async function readCiphertext(
  vault: Pick<ClipOpsVault, "readFragment">,
  clip: Uint8Array,
  lane: Lane,
  index: number,
): Promise<Uint8Array | null> {
  try {
    return await vault.readFragment(clip, lane, index);
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    return error.code === "vault/fragment-damaged" ? new Uint8Array() : null;
  }
}
