import { useState } from "preact/hooks";
import { OwnerError } from "../../owner/errors.ts";
import type { SharePlan } from "../../owner/plan-share.ts";
import { LANES } from "../../protocol/clip-keys.ts";
import type { Film } from "../model/film.ts";
import type { Home } from "../model/home.ts";
import type { Recipient } from "../model/recipient.ts";
import { newDraft, planOf, type ShareDraft, seamsOf } from "../model/share-draft.ts";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { Message } from "../parts/message.tsx";
import { words } from "../words.ts";
import { CheckStep } from "./share-check.tsx";
import { PartStep } from "./share-part.tsx";

export type FlowStep = "part" | "check";

interface ShareFlowProps {
  readonly home: Home;
  readonly film: Film;
  readonly recipient: Recipient;
  /** Digest of the request that is answered, or null. */
  readonly request: Uint8Array | null;
  readonly step: FlowStep;
  /** `out`: back to before the part is chosen. */
  readonly onStep: (step: FlowStep | "out") => void;
}

/** From the choice of a part to the signature. */
export function ShareFlow({ home, film, recipient, request, step, onStep }: ShareFlowProps) {
  const [draft, setDraft] = useState<ShareDraft | null>(null);
  if (film.state.value === "failed") return <FailureNotice error={film.failure.value} />;
  if (film.state.value === "loading") {
    return (
      <div class="stack">
        <p role="status">{words.share.filmLoading}</p>
        <progress class="progress" value={film.loaded.value} aria-label={words.share.filmLoading} />
      </div>
    );
  }
  const { times } = film;
  const seams = seamsOf(times);
  if (seams.length < 2) return <Message icon="warning" title={words.failures["owner/clip-damaged"]} />;
  const current = draft ?? newDraft(seams.length - 1);
  const plan = planned(() => planOf(times, current));
  if (step === "check" && !(plan instanceof OwnerError)) {
    const onBack = (): void => onStep("part");
    return <CheckStep {...{ home, film, recipient, draft: current, plan, request, onBack }} />;
  }
  return (
    <PartStep
      film={film}
      seams={seams}
      draft={current}
      plan={plan}
      hasSound={film.hasLane(LANES.audio)}
      isAnswer={request !== null}
      onChange={setDraft}
      onBack={() => onStep("out")}
      onNext={() => onStep("check")}
    />
  );
}

function planned(plan: () => SharePlan): SharePlan | OwnerError {
  try {
    return plan();
  } catch (error) {
    if (error instanceof OwnerError) return error;
    throw error;
  }
}
