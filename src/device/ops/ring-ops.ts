import type { LinkPort } from "../link/link-ports.ts";
import type { RingCalls } from "../ring-calls.ts";
import { answer } from "./answering.ts";

export function answerRingOps(link: Pick<LinkPort, "onRequest">, calls: RingCalls): void {
  answer(link, "ring-heard", ({ request }) => {
    calls.heardBy(request.member.signKey);
    return { result: {} };
  });
  answer(link, "awake", ({ args, request }) => {
    calls.setAwake(request.member.signKey, args.awake);
    return { result: {} };
  });
  answer(link, "last-ring", () => ({ result: { agoMs: calls.agoMs } }));
}
