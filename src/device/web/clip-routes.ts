import { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { fromHex, u32 } from "../../protocol/bytes.ts";
import { LANES, type Lane } from "../../protocol/clip-keys.ts";

const MAX_COUNT = 1000;
/** Answers under way at once; each holds one fragment in memory. */
const MAX_STREAMS = 16;

export interface ServedClips {
  /** `length 4 · JSON of clip-head's result · leaf data`; null when the clip is gone. */
  head(clip: Uint8Array): Promise<Uint8Array | null>;
  /** Empty: it cannot be read; null: there is none. */
  fragment(clip: Uint8Array, lane: Lane, index: number): Promise<Uint8Array | null>;
}

export interface ClipRoutesPorts {
  readonly clips: ServedClips;
  readonly admits: (request: FastifyRequest) => boolean;
  /** Headers that let a page of a configured origin read the answer. */
  readonly crossOrigin: (request: FastifyRequest) => Readonly<Record<string, string>>;
}

/** Ciphertext for members' browsers, as fast as the network takes it. Who fetched what is noted nowhere. */
export function serveClips(app: FastifyInstance, { clips, admits, crossOrigin }: ClipRoutesPorts): void {
  let streams = 0;

  app.options("/clips/*", (request, reply) => reply.headers(crossOrigin(request)).code(204).send());

  app.get<{ Params: { clip: string } }>("/clips/:clip/head", async (request, reply) => {
    reply.headers(crossOrigin(request));
    if (!admits(request)) return reply.code(401).send();
    const clip = readClip(request.params.clip);
    const head = clip && (await clips.head(clip));
    return head === null ? reply.code(404).send() : bytesReply(reply).send(Buffer.from(head));
  });

  app.get<{ Params: { clip: string; lane: string; range: string } }>(
    "/clips/:clip/:lane/:range",
    async (request, reply) => {
      reply.headers(crossOrigin(request));
      if (!admits(request)) return reply.code(401).send();
      const clip = readClip(request.params.clip);
      const lane = Object.values(LANES).find((known) => String(known) === request.params.lane);
      const range = readRange(request.params.range);
      const first = clip && lane && range && (await clips.fragment(clip, lane, range.first));
      if (!clip || !lane || !range || !first) return reply.code(404).send();
      if (streams >= MAX_STREAMS) return reply.code(429).send();
      streams += 1;
      const body = Readable.from(fragmentsOf(clips, { clip, lane, ...range }, first), { objectMode: false });
      body.once("close", () => {
        streams -= 1;
      });
      return bytesReply(reply).send(body);
    },
  );
}

interface Wanted {
  readonly clip: Uint8Array;
  readonly lane: Lane;
  readonly first: number;
  readonly count: number;
}

async function* fragmentsOf(
  clips: ServedClips,
  { clip, lane, first, count }: Wanted,
  begun: Uint8Array,
): AsyncGenerator<Uint8Array> {
  for (let index = first; index < first + count; index += 1) {
    const ciphertext = index === first ? begun : await clips.fragment(clip, lane, index);
    if (ciphertext === null) return;
    yield u32(ciphertext.length);
    if (ciphertext.length > 0) yield ciphertext;
  }
}

function bytesReply(reply: FastifyReply): FastifyReply {
  return reply.type("application/octet-stream").header("cache-control", "no-store");
}

const readClip = (text: string): Uint8Array | null => (/^[0-9a-f]{32}$/.test(text) ? fromHex(text) : null);

function readRange(text: string): { first: number; count: number } | null {
  const [, first = "", count = ""] = /^(\d{1,6})-(\d{1,4})$/.exec(text) ?? [];
  if (first === "" || Number(count) < 1 || Number(count) > MAX_COUNT) return null;
  return { first: Number(first), count: Number(count) };
}
