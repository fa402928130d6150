import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { coSignRecovery, readRecoveryProposal } from "../../owner/recovery.ts";
import { equalBytes, fromBase64url, toHex } from "../../protocol/bytes.ts";
import { encodeParts, type ResultOf } from "../../protocol/link-ops.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { CliError } from "../errors.ts";
import { fingerprint } from "../words.ts";

type Proposal = ResultOf<"recovery">["proposals"][number];

export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, terminal, signal } = invocation;
  return withDoorbell(invocation, async ({ doorbell, signer, deviceKey }) => {
    const { proposals } = (await doorbell.ask("recovery", {})).result;
    const open = proposals.filter(({ signers }) => !signers.some((key) => equalBytes(key, signer.publicKey)));
    if (open.length === 0) terminal.say("Nothing waits for your signature.");
    const signed: unknown[] = [];
    for (const proposal of open) {
      const payload = fromBase64url(proposal.payload);
      const { device, key } = readRecoveryProposal(payload);
      if (!equalBytes(device, deviceKey)) throw new CliError("cli/wrong-file", "the words are another doorbell's");
      const isAgreed =
        options.flag("yes") || (await terminal.confirm(`${proposalText(proposal, key)} Sign it too?`, signal));
      if (!isAgreed) continue;
      const parts = encodeParts([await coSignRecovery(nodeCrypto, signer, payload)]);
      const { missing } = (await doorbell.ask("recovery-register", { sealedDays: null }, parts)).result;
      terminal.say(missing === 0 ? "Signed. It counts from now on." : `Signed. ${missing} more must sign.`);
      signed.push({ removes: key === null, footage: proposal.footage, missing });
    }
    return { json: { ok: true, signed } };
  });
}

function proposalText({ signers: [beginner], footage }: Proposal, key: Uint8Array | null): string {
  const who = beginner === undefined ? "An owner" : `Owner ${fingerprint(toHex(beginner))}`;
  if (key === null) return `${who} wants to take the recovery words back.`;
  return `${who} has made recovery words, which ${footage ? "open footage too" : "open no footage"}; you do not see them.`;
}
