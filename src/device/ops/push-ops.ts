import type { LinkPort } from "../link/link-ports.ts";
import { codeOf } from "../platform/error-code.ts";
import type { Push } from "../push/push.ts";
import { answer } from "./answering.ts";

/** How a member's phone is woken when its app is closed. */
export function answerPushOps(
  link: Pick<LinkPort, "onRequest">,
  push: Pick<Push, "key" | "subscribe" | "unsubscribe">,
): void {
  answer(link, "push-key", () => ({ result: { key: push.key } }));

  answer(link, "push-subscribe", async ({ args, request }) => {
    try {
      return { result: { dailyMinute: await push.subscribe(request.member.signKey, args) } };
    } catch (error) {
      if (codeOf(error) === "push/endpoint") return { rejected: "push/endpoint" };
      throw error;
    }
  });

  answer(link, "push-unsubscribe", async ({ request }) => {
    await push.unsubscribe(request.member.signKey);
    return { result: {} };
  });
}
