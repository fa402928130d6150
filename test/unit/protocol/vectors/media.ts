import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fromHex } from "../../../../src/protocol/bytes.ts";

export const VECTOR_FOLDER = join(import.meta.dirname, "../../../vectors");

interface MediaJson {
  readonly video: { readonly init: string; readonly fragments: readonly string[] };
  readonly audio: { readonly init: string; readonly fragments: readonly string[] };
  readonly thumbnail: string;
}

const json = JSON.parse(readFileSync(join(VECTOR_FOLDER, "media.json"), "utf8")) as MediaJson;

/** Real output of ffmpeg, frozen: each lane's fragments, the init segment first. */
export const media = {
  video: [json.video.init, ...json.video.fragments].map(fromHex),
  audio: [json.audio.init, ...json.audio.fragments].map(fromHex),
  thumbnail: fromHex(json.thumbnail),
};
