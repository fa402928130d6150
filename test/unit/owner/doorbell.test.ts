import { describe, expect, test } from "vitest";
import { Doorbell } from "../../../src/owner/doorbell.ts";
import type { Answer } from "../../../src/owner/link-client.ts";
import type { Json } from "../../../src/protocol/canonical-json.ts";
import type { LeafData } from "../../../src/protocol/fragment.ts";
import { encodeParts, FRAGMENTS_REPLY_BYTES, linkOps } from "../../../src/protocol/link-ops.ts";

const clip = new Uint8Array(16);
const KiB = 1024;

const leafOf = (bytes: Uint8Array, i: number): LeafData => ({
  lane: 1,
  index: 5 + i,
  length: bytes.length,
  ciphertextHash: new Uint8Array(32),
  keyCommitment: new Uint8Array(32),
});

/** A device that holds these fragments from index 5 on and answers in replies of at most 512 KiB; null is unreadable. */
function deviceWith(stored: readonly (Uint8Array | null)[]) {
  const replies: number[] = [];
  const request = (op: string, json: Json): Promise<Answer> => {
    expect(op).toBe("fragments");
    const { first, count, offset } = linkOps.fragments.args.read(json);
    const parts: Uint8Array[] = [];
    let room = FRAGMENTS_REPLY_BYTES;
    for (let i = first - 5; i < first - 5 + count && i < stored.length && room > 4; i += 1) {
      const part = (stored[i] ?? new Uint8Array()).subarray(i === first - 5 ? offset : 0).subarray(0, room - 4);
      parts.push(part);
      room -= part.length + 4;
    }
    replies.push(parts.length);
    return Promise.resolve({ result: {}, attachment: encodeParts(parts) });
  };
  return { doorbell: new Doorbell({ request }), replies };
}

/** Comparing megabytes element by element would take seconds. */
const same = (a: readonly (Uint8Array | null)[], b: readonly Uint8Array[]): boolean =>
  a.length === b.length && a.every((bytes, i) => bytes !== null && Buffer.from(bytes).equals(b[i] ?? Buffer.alloc(0)));

const filled = (...sizes: readonly number[]): Uint8Array[] => sizes.map((size, i) => new Uint8Array(size).fill(i + 1));

describe("fragments fetched from a doorbell", () => {
  test("come in as few replies as hold them", async () => {
    const stored = filled(...Array<number>(10).fill(100 * KiB));
    const { doorbell, replies } = deviceWith(stored);
    expect(same(await doorbell.fragments(clip, stored.map(leafOf)), stored)).toBe(true);
    expect(replies).toEqual([5, 5]);
  });

  test("that are larger than a reply come in pieces", async () => {
    const stored = filled(10, 1300 * KiB, 20, 600 * KiB);
    const { doorbell } = deviceWith(stored);
    expect(same(await doorbell.fragments(clip, stored.map(leafOf)), stored)).toBe(true);
  });

  test("that the device cannot read are missing, the others are not", async () => {
    const stored = filled(10, 20, 30);
    const { doorbell } = deviceWith([stored[0] ?? null, null, stored[2] ?? null]);
    expect(await doorbell.fragments(clip, stored.map(leafOf))).toEqual([stored[0], null, stored[2]]);
  });

  test("never come without end: a device that answers nothing is an error", async () => {
    const { doorbell } = deviceWith([]);
    await expect(doorbell.fragments(clip, filled(10).map(leafOf))).rejects.toMatchObject({
      code: "owner/unreadable-answer",
    });
  });
});

describe("a share fetched to be carried by hand", () => {
  const token = new Uint8Array(16).fill(9);
  /** A device that answers with so many bytes of the archive at a time. */
  function deviceSharing(archive: Uint8Array, partBytes: number) {
    const asked: number[] = [];
    const request = (op: string, json: Json): Promise<Answer> => {
      expect(op).toBe("share-part");
      const { offset } = linkOps["share-part"].args.read(json);
      asked.push(offset);
      const attachment = archive.subarray(offset, offset + partBytes);
      return Promise.resolve({ result: { length: archive.length }, attachment });
    };
    return { doorbell: new Doorbell({ request }), asked };
  }

  test("is put together from its parts, and told how far it is", async () => {
    const archive = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);
    const { doorbell, asked } = deviceSharing(archive, 400);
    const progress: number[] = [];
    expect(await doorbell.share(token, (done) => progress.push(done))).toEqual(archive);
    expect(asked).toEqual([0, 400, 800]);
    expect(progress).toEqual([400, 800, 1000]);
  });

  test("never comes without end: a part of nothing, or more than there is, is an error", async () => {
    const { doorbell } = deviceSharing(new Uint8Array(10), 0);
    await expect(doorbell.share(token)).rejects.toMatchObject({ code: "owner/unreadable-answer" });
    const answer = { result: { length: 3 }, attachment: new Uint8Array(4) };
    const liar = new Doorbell({ request: () => Promise.resolve(answer) });
    await expect(liar.share(token)).rejects.toMatchObject({ code: "owner/unreadable-answer" });
  });
});

test.each([
  ["another form", { result: { clips: [{ clip: "x" }] }, attachment: clip }],
  ["no object", { result: 7, attachment: clip }],
])("an answer of %s is an error with its code", async (_what, answer) => {
  const doorbell = new Doorbell({ request: () => Promise.resolve(answer) });
  await expect(doorbell.clips()).rejects.toMatchObject({ code: "owner/unreadable-answer" });
});
