import { decodeParts, encodeParts } from "../../protocol/link-ops.ts";
import type { LinkPort } from "../link/link-ports.ts";
import { descriptionOf, type LiveDesk, partsOf } from "../live/live-desk.ts";
import { answer } from "./answering.ts";

/** Watching and talking: owners and viewers alike. */
export function answerLiveOps(link: Pick<LinkPort, "onRequest">, live: LiveDesk): void {
  answer(link, "live-start", async ({ args, request }) => {
    const started = await live.begin({ ...args, member: request.member.signKey });
    if ("refused" in started) return { result: { session: null, refused: started.refused, iceServers: [] } };
    const { session, offer, iceServers } = started;
    return { result: { session, refused: null, iceServers }, attachment: encodeParts(partsOf(offer)) };
  });

  answer(link, "live-answer", async ({ args: { session }, request }) => {
    await live.answer(request.member.signKey, session, descriptionOf(decodeParts(request.attachment)));
    return { result: {} };
  });

  answer(link, "live-stop", async ({ args: { session }, request }) => {
    await live.end(request.member.signKey, session);
    return { result: {} };
  });
}
