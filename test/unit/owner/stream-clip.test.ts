import { expect, test } from "vitest";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { type StreamedFragment, streamClip } from "../../../src/owner/stream-clip.ts";
import type { VerifiedClip } from "../../../src/owner/verify-clip.ts";
import { LANES } from "../../../src/protocol/clip-keys.ts";
import type { LeafData } from "../../../src/protocol/fragment.ts";
import { sealClip, tinyContent } from "../../fakes/sealed-clip.ts";

const DEVICE_SEED = new Uint8Array(32).fill(5);
const SECONDS = 20;

async function streamed(isDamaged: (leaf: LeafData) => boolean, stopAfter = Number.POSITIVE_INFINITY) {
  const sealed = await sealClip(nodeCrypto, DEVICE_SEED, tinyContent(SECONDS));
  const clip = { clip: sealed.id, leaves: sealed.head.leaves } as unknown as VerifiedClip;
  const asked: string[] = [];
  const source = {
    head: () => Promise.reject(new Error("the list of fragments is there already")),
    fragments: (_clip: Uint8Array, leaves: readonly LeafData[]) => {
      asked.push(`${leaves[0]?.lane}:${leaves.length}`);
      return Promise.resolve(
        leaves.map((leaf) => {
          const ciphertext = Uint8Array.from(sealed.ciphertext(leaf.lane, leaf.index));
          if (isDamaged(leaf)) ciphertext[0] = (ciphertext[0] ?? 0) ^ 1;
          return ciphertext;
        }),
      );
    },
  };
  const signal = { aborted: false };
  const heard: StreamedFragment[] = [];
  for await (const fragment of streamClip({ crypto: nodeCrypto, source, clip, seed: sealed.seed }, signal)) {
    heard.push(fragment);
    if (heard.length >= stopAfter) signal.aborted = true;
  }
  return { heard, asked, leaves: clip.leaves };
}

test("a clip comes from its beginning, picture beside sound, in few fragments first and many later", async () => {
  const { heard, asked, leaves } = await streamed(() => false);
  expect(heard.slice(0, 4).map(({ lane, index }) => `${lane}/${index}`)).toEqual(["1/0", "1/1", "2/0", "2/1"]);
  expect(asked.slice(0, 4)).toEqual(["1:2", "2:2", "1:4", "2:4"]);
  const media = leaves.filter(({ lane }) => lane === LANES.video || lane === LANES.audio);
  expect(heard).toHaveLength(media.length);
  expect(heard.every(({ bytes }) => bytes !== null)).toBe(true);
});

test("a damaged fragment is null, and all others are there", async () => {
  const { heard } = await streamed(({ lane, index }) => lane === LANES.video && index === 7);
  expect(heard.filter(({ bytes }) => bytes === null)).toEqual([{ lane: LANES.video, index: 7, bytes: null }]);
});

test("nothing more is asked for once it is stopped", async () => {
  const { asked } = await streamed(() => false, 1);
  expect(asked).toEqual(["1:2", "2:2"]);
});
