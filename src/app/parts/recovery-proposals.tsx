import { equalBytes, toHex } from "../../protocol/bytes.ts";
import { sayFingerprint } from "../../say/texts.ts";
import { Button } from "../../ui/button.tsx";
import type { Home } from "../model/home.ts";
import { agreeToRecovery, type RecoveryProposal, recoveryAsked } from "../model/recovery.ts";
import { words } from "../words.ts";
import { FailureNotice } from "./failure-notice.tsx";
import { useAction } from "./use-action.ts";

interface ProposalProps {
  readonly home: Home;
  readonly proposal: RecoveryProposal;
}

/** Words that count once more owners have signed: this phone's own first, then those that ask for its signature. */
export function RecoveryProposals({ home }: { readonly home: Home }) {
  const asked = recoveryAsked(home);
  const own = (home.recovery.value?.proposals ?? []).filter((proposal) => !asked.includes(proposal));
  return (
    <>
      {own.map((proposal) => (
        <Pending key={toHex(proposal.payload)} home={home} proposal={proposal} />
      ))}
      {asked.length === 0 ? null : (
        <section class="stack" aria-labelledby="recovery-asked">
          <h2 id="recovery-asked">{words.recovery.asked}</h2>
          {asked.map((proposal) => (
            <Asked key={toHex(proposal.payload)} home={home} proposal={proposal} />
          ))}
        </section>
      )}
    </>
  );
}

function Pending({ home, proposal: { signers, takesBack } }: ProposalProps) {
  const quorum = home.household.value?.quorum ?? signers.length;
  return (
    <section class="card stack tight">
      <h2>{words.recovery.pending(Math.max(1, quorum - signers.length))}</h2>
      <p class="muted">{takesBack ? words.recovery.pendingEnd : words.recovery.pendingNew}</p>
    </section>
  );
}

function Asked({ home, proposal }: ProposalProps) {
  const action = useAction();
  const [beginner] = proposal.signers;
  const agree = (): void => action.run(async () => void (await agreeToRecovery(home, proposal)));
  return (
    <div class="card stack">
      <p>{(proposal.takesBack ? words.recovery.askedEnd : words.recovery.askedNew)(nameOf(home, beginner))}</p>
      {beginner === undefined ? null : <p class="fingerprint">{sayFingerprint(toHex(beginner))}</p>}
      {proposal.takesBack ? null : (
        <p class="muted small">
          {words.recovery.askedNewText} {proposal.footage ? words.recovery.askedFootage : ""}
        </p>
      )}
      <FailureNotice error={action.error} />
      <div>
        <Button disabled={action.busy} onClick={agree}>
          {words.recovery.agree}
        </Button>
      </div>
    </div>
  );
}

/** Only of members: what this phone calls somebody who is none would claim too much. */
function nameOf({ household, names }: Home, key: Uint8Array | undefined): string {
  const isMember = key !== undefined && household.value?.members.some((member) => equalBytes(member.key, key));
  return (isMember ? names.of.value[toHex(key)] : undefined) ?? words.recovery.someOwner;
}
