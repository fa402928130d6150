import { useState } from "preact/hooks";
import { toHex } from "../../protocol/bytes.ts";
import { sayDuration } from "../../say/amounts.ts";
import { sayFingerprint } from "../../say/texts.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { sayDateTime } from "../../ui/say.ts";
import type { Home } from "../model/home.ts";
import { type Claim, refuseClaim } from "../model/recovery.ts";
import { hashOf } from "../router.ts";
import { words } from "../words.ts";
import { FailureNotice } from "./failure-notice.tsx";
import { useNow } from "./now.ts";
import { useAction } from "./use-action.ts";

/** On every screen while the recovery words are being used: whoever is asked has 72 hours to say no. */
export function ClaimBanner({ home }: { readonly home: Home }) {
  const [isRefused, setRefused] = useState(false);
  const action = useAction();
  const recovery = home.recovery.value;
  const refuse = (): void =>
    action.run(async () => {
      await refuseClaim(home);
      setRefused(true);
    });
  if (recovery?.claim) {
    return (
      <Notice tone="bad">
        <ClaimText claim={recovery.claim} opensFootage={recovery.footage} isOwner={home.standing.value === "owner"} />
        {home.standing.value === "owner" ? (
          <div class="button-row">
            <Button kind="danger" disabled={action.busy} onClick={refuse}>
              {words.recovery.refuse}
            </Button>
            <a class="button quiet" href={hashOf({ screen: "household" })}>
              {words.household.title}
            </a>
          </div>
        ) : null}
        <FailureNotice error={action.error} />
      </Notice>
    );
  }
  if (home.claimant.recovered.value) {
    return (
      <Notice tone="bad">
        <p>{words.recovery.recovered}</p>
        <div class="button-row">
          <a class="button quiet" href={hashOf({ screen: "household" })}>
            {words.household.title}
          </a>
          <Button kind="quiet" onClick={() => void home.claimant.dismiss()}>
            {words.close}
          </Button>
        </div>
      </Notice>
    );
  }
  if (!isRefused) return null;
  return (
    <Notice tone="good">
      <p>{words.recovery.refused}</p>
      <div class="button-row">
        <a class="button quiet" href={hashOf({ screen: "recovery" })} onClick={() => setRefused(false)}>
          {words.recovery.makeAnew}
        </a>
        <Button kind="quiet" onClick={() => setRefused(false)}>
          {words.close}
        </Button>
      </div>
    </Notice>
  );
}

interface ClaimTextProps {
  readonly claim: Claim;
  readonly opensFootage: boolean;
  readonly isOwner: boolean;
}

const A_MINUTE_MS = 60_000;

function ClaimText({ claim: { member, endsAt }, opensFootage, isOwner }: ClaimTextProps) {
  const nowMs = useNow(A_MINUTE_MS);
  const leftMs = Math.max(0, endsAt - performance.now());
  return (
    <>
      <p>
        <strong>{words.recovery.claimTitle}.</strong>{" "}
        {words.recovery.claimText(sayDuration(leftMs), sayDateTime(nowMs + leftMs))}
        {opensFootage ? ` ${words.recovery.claimFootage}` : ""}
      </p>
      <p>{isOwner ? words.recovery.claimAsk : words.recovery.claimAskViewer}</p>
      <p class="small">
        {words.recovery.claimPhone}: <span class="mono">{sayFingerprint(toHex(member))}</span>
      </p>
    </>
  );
}
