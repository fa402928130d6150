import { useEffect, useState } from "preact/hooks";
import { sayDuration } from "../../say/amounts.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { Ground } from "../ground/ground.ts";
import { claimByWords, type OwnClaim, ownClaim } from "../model/recovery.ts";
import { words } from "../words.ts";
import { FailureNotice } from "./failure-notice.tsx";
import { useNow } from "./now.ts";
import { PasteForm } from "./paste-form.tsx";
import { type Action, useAction } from "./use-action.ts";

const A_MINUTE_MS = 60_000;

/** For a phone that waits and whose owner lost every other one. */
export function ClaimByWords({ ground }: { readonly ground: Ground }) {
  const [claim, setClaim] = useState<OwnClaim | null>(null);
  const [isOpen, setOpen] = useState(false);
  const action = useAction();
  useEffect(() => void ownClaim(ground).then(setClaim), []);
  const claimBy = (given: string | OwnClaim): void =>
    action.run(async () => setClaim(await claimByWords(ground, given)));
  if (claim !== null) return <Claiming claim={claim} action={action} onAgain={() => claimBy(claim)} />;
  if (!isOpen) {
    return (
      <Button kind="quiet" onClick={() => setOpen(true)}>
        {words.recovery.haveWords}
      </Button>
    );
  }
  return (
    <PasteForm
      id="recovery-words"
      label={words.recovery.enter}
      button={action.busy ? words.recovery.asking : words.recovery.claim}
      busy={action.busy}
      onText={claimBy}
    >
      <p class="muted small">{words.recovery.enterHint}</p>
      <FailureNotice error={action.error} />
    </PasteForm>
  );
}

interface ClaimingProps {
  readonly claim: OwnClaim;
  readonly action: Action;
  readonly onAgain: () => void;
}

function Claiming({ claim: { endsAtMs }, action, onAgain }: ClaimingProps) {
  const leftMs = endsAtMs - useNow(A_MINUTE_MS);
  if (leftMs > -A_MINUTE_MS) {
    return (
      <Notice tone="good">
        <p>{words.recovery.claiming(sayDuration(leftMs))}</p>
        <p class="small">{words.recovery.claimingText}</p>
      </Notice>
    );
  }
  return (
    <Notice tone="warn">
      <p>{words.recovery.overdue}</p>
      <p class="small">{words.recovery.overdueText}</p>
      <FailureNotice error={action.error} />
      <div>
        <Button disabled={action.busy} onClick={onAgain}>
          {words.recovery.claimAgain}
        </Button>
      </div>
    </Notice>
  );
}
