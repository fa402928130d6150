import { describe, expect, test } from "vitest";
import type { LinkAnswer, RequestHandler } from "../../../src/device/link/link-ports.ts";
import { answerClipOps, type ClipOpsVault } from "../../../src/device/ops/clip-ops.ts";
import { answerRegisterOps } from "../../../src/device/ops/register-ops.ts";
import type { ClipRow } from "../../../src/device/vault/types.ts";
import { Doorbell } from "../../../src/owner/doorbell.ts";
import type { Json } from "../../../src/protocol/canonical-json.ts";
import {
  CLIP_INDEX_PART_ROWS,
  decodeClipIndex,
  encodeClipIndex,
  REGISTER_FILE_PART_BYTES,
} from "../../../src/protocol/link-ops.ts";

type Handlers = Map<string, RequestHandler>;

/** An owner's end that asks these handlers without a link between; `asked` counts the messages. */
function doorbellOf(answer: (link: { onRequest: (op: string, handler: RequestHandler) => void }) => void) {
  const handlers: Handlers = new Map();
  answer({ onRequest: (op, handler) => void handlers.set(op, handler) });
  const asked: string[] = [];
  const request = async (op: string, args: Json): Promise<{ result: Json; attachment: Uint8Array }> => {
    asked.push(op);
    const member = { signKey: new Uint8Array(32), role: "viewer" } as const;
    const message = { op, args, attachment: new Uint8Array(), member };
    const answered: LinkAnswer | undefined = await handlers.get(op)?.(message, new AbortController().signal);
    if (answered === undefined || "rejected" in answered) throw new Error("no answer");
    return { result: answered.result, attachment: answered.attachment ?? new Uint8Array() };
  };
  return { doorbell: new Doorbell({ request }), asked };
}

describe("the doorbell's copy of a register", () => {
  const files = new Map([
    ["checkpoint", new Uint8Array(300).fill(1)],
    ["tile/entries/000", Uint8Array.from({ length: 2 * REGISTER_FILE_PART_BYTES + 7 }, (_, i) => i % 251)],
  ]);
  const register = {
    origin: "register.example",
    url: "https://register.example",
    logKey: "k",
    witnesses: [],
    quorum: 0,
  };
  const mirror = {
    registers: [register],
    read: async (origin: string, path: string) => (origin === register.origin ? (files.get(path) ?? null) : null),
  };
  const world = () => doorbellOf((link) => answerRegisterOps(link, mirror));

  test("is read whole, in parts of at most 512 KiB, by a viewer too", async () => {
    const { doorbell, asked } = world();
    const file = await doorbell.registerFile(register.origin, "tile/entries/000");
    expect(Buffer.from(file ?? []).equals(Buffer.from(files.get("tile/entries/000") ?? []))).toBe(true);
    expect(asked).toHaveLength(3);
    expect(await doorbell.registers()).toEqual([register]);
  });

  test("is told apart from none", async () => {
    const { doorbell } = world();
    expect(await doorbell.registerFile(register.origin, "tile/entries/001")).toBeNull();
    expect(await doorbell.registerFile("another.example", "checkpoint")).toBeNull();
  });

  test("never comes without end: parts that do not add up are an error", async () => {
    const liar = (length: number, part: number) =>
      new Doorbell({ request: async () => ({ result: { length }, attachment: new Uint8Array(part) }) });
    for (const [length, part] of [
      [100, 0],
      [100, 101],
      [9_000_000, 10],
    ] as const) {
      await expect(liar(length, part).registerFile("a", "checkpoint")).rejects.toMatchObject({
        code: "owner/unreadable-answer",
      });
    }
  });
});

describe("the list of all clips", () => {
  const clipOf = (i: number): ClipRow => ({
    id: Uint8Array.from({ length: 16 }, (_, at) => (at < 4 ? (i >> (8 * at)) & 0xff : 0)),
    day: 20_000 + i,
    bytes: 1,
    pinned: i % 3 === 0,
    state: (["open", "sealed", "damaged"] as const)[i % 3] ?? "open",
    leaves: { audio: 0, meta: 0, thumbnail: 0, video: 0 },
  });
  const unasked = (): never => expect.fail("nobody asked for that");
  const vaultOf = (rows: readonly ClipRow[]): ClipOpsVault => ({
    all: () => [...rows],
    list: unasked,
    find: unasked,
    head: unasked,
    readFragment: unasked,
    pin: unasked,
    unpin: unasked,
    erase: unasked,
  });

  test.each([0, 1, CLIP_INDEX_PART_ROWS, CLIP_INDEX_PART_ROWS + 1])("of %i comes whole", async (count) => {
    const rows = Array.from({ length: count }, (_, i) => clipOf(i));
    const { doorbell, asked } = doorbellOf((link) => answerClipOps(link as never, vaultOf(rows)));
    const listed = await doorbell.clipIndex();
    expect(listed).toHaveLength(count);
    expect(listed.at(-1)?.day).toBe(rows.at(-1)?.day);
    expect(asked).toHaveLength(count > CLIP_INDEX_PART_ROWS ? 2 : 1);
  });

  test("says of each clip its day, state and whether it is pinned", () => {
    const rows = [0, 1, 2].map(clipOf).map(({ id, day, state, pinned }) => ({ clip: id, day, state, pinned }));
    const bytes = encodeClipIndex(rows);
    expect(bytes).toHaveLength(3 * 22);
    expect(decodeClipIndex(bytes)).toEqual(rows);
    for (const [at, value] of [
      [20, 3],
      [21, 2],
    ] as const) {
      const wrong = bytes.slice();
      wrong[at] = value;
      expect(() => decodeClipIndex(wrong)).toThrow("unknown state");
    }
    expect(() => decodeClipIndex(bytes.subarray(1))).toThrow("cut short");
  });
});
