import { decodeSubmission, encodeSubmission } from "../../protocol/link-ops.ts";
import type { ConsentDesk } from "../consent/consent-desk.ts";
import type { LinkPort } from "../link/link-ports.ts";
import { answer, isOwner, NOT_AN_OWNER } from "./answering.ts";

/** Consenting, undoing, revoking, and how far each share has come. The signatures decide; the link only carries. */
export function answerShareOps(link: LinkPort, desk: ConsentDesk): void {
  answer(link, "challenge", ({ request }) =>
    isOwner(request) ? { result: { challenge: desk.challenge() } } : NOT_AN_OWNER,
  );

  answer(link, "consent", async ({ args: { purpose }, request }) => {
    const submission = { ...decodeSubmission(request.attachment), purpose };
    const outcome = await desk.submit(submission, request.member.signKey);
    switch (outcome.outcome) {
      case "refused":
        return { rejected: "link/consent-refused" };
      case "waiting":
        return { result: { ...outcome, undoMs: 0 } };
      case "undo-window":
        return { result: { ...outcome, missingSigners: 0 } };
    }
  });

  answer(link, "waiting-consent", ({ args: { token }, request }) => {
    const submission = isOwner(request) ? desk.waitingSubmission(token) : null;
    if (submission === null) return { rejected: "link/nothing-waits" };
    return { result: { purpose: submission.purpose }, attachment: encodeSubmission(submission) };
  });

  answer(link, "revoke", async ({ request }) =>
    (await desk.revoke(request.attachment)) ? { result: {} } : { rejected: "link/revocation-refused" },
  );

  answer(link, "shares", ({ request }) => (isOwner(request) ? { result: { shares: desk.shares() } } : NOT_AN_OWNER));
}
