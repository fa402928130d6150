import { useState } from "preact/hooks";
import { OwnerError } from "../../owner/errors.ts";
import type { SharePlan } from "../../owner/plan-share.ts";
import { LANES } from "../../protocol/clip-keys.ts";
import { Button } from "../../ui/button.tsx";
import { sayForeign } from "../../ui/say.ts";
import type { Film } from "../model/film.ts";
import type { Home } from "../model/home.ts";
import type { Recipient } from "../model/recipient.ts";
import { newDraft, planOf, type ShareDraft, seamsOf } from "../model/share-draft.ts";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { Message } from "../parts/message.tsx";
import { ScreenHead } from "../parts/screen-head.tsx";
import { useFilm } from "../parts/use-film.ts";
import { words } from "../words.ts";
import { CheckStep } from "./share-check.tsx";
import { PartStep } from "./share-part.tsx";
import { RecipientStep } from "./share-recipient.tsx";

interface ShareScreenProps {
  readonly home: Home;
  readonly id: string;
}

type Step = 0 | 1 | 2;

export function ShareScreen({ home, id }: ShareScreenProps) {
  const { film, again } = useFilm(home, id);
  const [step, setStep] = useState<Step>(0);
  const [recipient, setRecipient] = useState<Recipient | null>(null);
  return (
    <div class="stack loose share">
      <ScreenHead title={words.share.title} back={{ screen: "clip", clip: id }} />
      <ol class="steps" aria-label={words.share.title}>
        {words.share.steps.map((name, i) => (
          <li key={name} aria-current={i === step ? "step" : undefined}>
            {name}
          </li>
        ))}
      </ol>
      {film.state.value === "failed" ? <FailureNotice error={film.failure.value} onRetry={again} /> : null}
      {step === 0 ? (
        <RecipientStep
          crypto={home.ground.crypto}
          recipient={recipient}
          onChosen={setRecipient}
          onNext={() => setStep(1)}
        />
      ) : null}
      {step > 0 && recipient !== null ? (
        <FilmSteps home={home} film={film} recipient={recipient} step={step} onStep={setStep} />
      ) : null}
    </div>
  );
}

interface FilmStepsProps {
  readonly home: Home;
  readonly film: Film;
  readonly recipient: Recipient;
  readonly step: Step;
  readonly onStep: (step: Step) => void;
}

function FilmSteps({ home, film, recipient, step, onStep }: FilmStepsProps) {
  const [draft, setDraft] = useState<ShareDraft | null>(null);
  if (film.state.value === "failed") return null;
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
  if (step === 1) {
    return (
      <PartStep
        film={film}
        seams={seams}
        draft={current}
        plan={plan}
        hasSound={film.hasLane(LANES.audio)}
        to={sayForeign(recipient.name)}
        onChange={setDraft}
        onBack={() => onStep(0)}
        onNext={() => onStep(2)}
      />
    );
  }
  return plan instanceof OwnerError ? (
    <Button onClick={() => onStep(1)}>{words.back}</Button>
  ) : (
    <CheckStep home={home} film={film} recipient={recipient} draft={current} plan={plan} onBack={() => onStep(1)} />
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
