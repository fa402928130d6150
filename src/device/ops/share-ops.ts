import { decodeSubmission, encodeSubmission, SHARE_PART_BYTES } from "../../protocol/link-ops.ts";
import type { ConsentDesk } from "../consent/consent-desk.ts";
import type { LinkPort } from "../link/link-ports.ts";
import type { Publisher } from "../publisher/publisher.ts";
import { answer, isOwner, NOT_AN_OWNER } from "./answering.ts";

export interface ShareOpsPorts {
  readonly desk: Pick<ConsentDesk, "challenge" | "submit" | "waitingSubmission" | "revoke" | "shares" | "clearanceOf">;
  readonly publisher: Pick<Publisher, "readShare">;
}

/**
 * Consenting, undoing, revoking, how far each share has come, and a share to carry by hand.
 * The signatures decide; the link only carries.
 */
export function answerShareOps(link: Pick<LinkPort, "onRequest">, { desk, publisher }: ShareOpsPorts): void {
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

  answer(link, "share-part", async ({ args: { token, offset }, request }) => {
    if (!isOwner(request)) return NOT_AN_OWNER;
    // There is a clearance only after the undo window and the audit row, and only until the share has ended.
    const clearance = desk.clearanceOf(token);
    const part = clearance && (await publisher.readShare(clearance, offset, offset + SHARE_PART_BYTES));
    if (part === null) return { rejected: "link/share-not-under-way" };
    return { result: { length: part.length }, attachment: part.bytes };
  });
}
