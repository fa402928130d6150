import { useState } from "preact/hooks";
import type { Home } from "../model/home.ts";
import type { Recipient } from "../model/recipient.ts";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { ScreenHead } from "../parts/screen-head.tsx";
import { useFilm } from "../parts/use-film.ts";
import { words } from "../words.ts";
import { type FlowStep, ShareFlow } from "./share-flow.tsx";
import { RecipientStep } from "./share-recipient.tsx";

interface ShareScreenProps {
  readonly home: Home;
  readonly id: string;
}

const steps: readonly (FlowStep | "out")[] = ["out", "part", "check"];

export function ShareScreen({ home, id }: ShareScreenProps) {
  const { film, again } = useFilm(home, id);
  const [step, setStep] = useState<FlowStep | "out">("out");
  const [recipient, setRecipient] = useState<Recipient | null>(null);
  return (
    <div class="stack loose share">
      <ScreenHead title={words.share.title} back={{ screen: "clip", clip: id }} />
      <ol class="steps" aria-label={words.share.title}>
        {words.share.steps.map((name, i) => (
          <li key={name} aria-current={steps[i] === step ? "step" : undefined}>
            {name}
          </li>
        ))}
      </ol>
      {film.state.value === "failed" ? <FailureNotice error={film.failure.value} onRetry={again} /> : null}
      {step === "out" || recipient === null ? (
        <RecipientStep
          crypto={home.ground.crypto}
          recipient={recipient}
          onChosen={setRecipient}
          onNext={() => setStep("part")}
        />
      ) : film.state.value === "failed" ? null : (
        <ShareFlow home={home} film={film} recipient={recipient} request={null} step={step} onStep={setStep} />
      )}
    </div>
  );
}
