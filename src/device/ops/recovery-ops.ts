import { toBase64url } from "../../protocol/bytes.ts";
import { decodeParts } from "../../protocol/link-ops.ts";
import type { LinkPort } from "../link/link-ports.ts";
import { type Recovery, rejectedStatement } from "../link/recovery.ts";
import { answer, isOwner, NOT_AN_OWNER } from "./answering.ts";

/** Who may come back when every phone is lost, and the owners' no to somebody who tries. */
export function answerRecoveryOps(link: Pick<LinkPort, "onRequest">, recovery: Recovery): void {
  answer(link, "recovery", ({ request }) => ({
    result: {
      registered: recovery.isRegistered,
      footage: recovery.keepsFootage,
      claim: recovery.claim,
      sealedDays: isOwner(request) ? recovery.sealedDays : null,
      proposals: isOwner(request)
        ? recovery.proposals().map(({ payload, signers, sealedDays }) => ({
            payload: toBase64url(payload),
            signers: [...signers],
            footage: sealedDays !== null,
          }))
        : [],
    },
  }));

  answer(link, "recovery-register", async ({ args: { sealedDays }, request }) => {
    if (!isOwner(request)) return NOT_AN_OWNER;
    const envelopes = decodeParts(request.attachment);
    const outcome = await recovery
      .register(envelopes, sealedDays, request.member.signKey)
      .catch((error: unknown) => rejectedStatement(error));
    return "rejected" in outcome ? outcome : { result: outcome };
  });

  answer(link, "recovery-claim", async ({ request }) => {
    const outcome = await recovery
      .startClaim(request.attachment, request.member.signKey)
      .catch((error: unknown) => rejectedStatement(error));
    return "rejected" in outcome ? outcome : { result: outcome };
  });

  answer(link, "recovery-cancel", async ({ request }) => {
    if (!isOwner(request)) return NOT_AN_OWNER;
    await recovery.cancelClaim(request.member.signKey);
    return { result: {} };
  });
}
