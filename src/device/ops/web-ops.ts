import { concatBytes, u32 } from "../../protocol/bytes.ts";
import { encodeJson } from "../../protocol/canonical-json.ts";
import { linkOps } from "../../protocol/link-ops.ts";
import type { LinkPort } from "../link/link-ports.ts";
import type { ServedClips } from "../web/clip-routes.ts";
import { answer } from "./answering.ts";
import { type ClipOpsVault, headReply, readCiphertext } from "./clip-ops.ts";

/** The same answers as over the link, for the web server. */
export function servedClips(vault: ClipOpsVault): ServedClips {
  return {
    async head(clip) {
      const reply = await headReply(vault, clip);
      if (reply === null) return null;
      const json = encodeJson(linkOps["clip-head"].result.write(reply.result));
      return concatBytes(u32(json.length), json, reply.attachment);
    },
    fragment: async (clip, lane, index) =>
      vault.find(clip) === null ? null : readCiphertext(vault, clip, lane, index),
  };
}

export interface WebOpsPorts {
  readonly sessions: { open(member: Uint8Array): Uint8Array };
  readonly sessionMs: number;
}

export function answerWebOps(link: Pick<LinkPort, "onRequest">, { sessions, sessionMs }: WebOpsPorts): void {
  answer(link, "web-session", ({ request }) => ({
    result: { session: sessions.open(request.member.signKey), validMs: sessionMs },
  }));
}
