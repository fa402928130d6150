import { OwnerError } from "../../owner/errors.ts";
import type { SharePlan } from "../../owner/plan-share.ts";
import { Button } from "../../ui/button.tsx";
import { saySeconds } from "../../ui/say.ts";
import { Switch } from "../../ui/switch.tsx";
import type { Film } from "../model/film.ts";
import type { ShareDraft } from "../model/share-draft.ts";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { Filmstrip } from "../parts/filmstrip.tsx";
import { useStep } from "../parts/use-step.ts";
import { words } from "../words.ts";

interface PartStepProps {
  readonly film: Film;
  readonly seams: readonly number[];
  readonly draft: ShareDraft;
  readonly plan: SharePlan | OwnerError;
  readonly hasSound: boolean;
  /** An answer to a request has its reason already. */
  readonly isAnswer: boolean;
  readonly onChange: (draft: ShareDraft) => void;
  readonly onBack: () => void;
  readonly onNext: () => void;
}

export function PartStep({ film, seams, draft, plan, hasSound, isAnswer, onChange, onBack, onNext }: PartStepProps) {
  const wholeSeconds = (seams.at(-1) ?? 0) / 1000;
  const set = (change: Partial<ShareDraft>): void => onChange({ ...draft, ...change });
  const isDamaged = plan instanceof OwnerError;
  useStep("what");
  return (
    <div class="stack loose">
      <section class="stack" aria-labelledby="what">
        <div class="stack tight">
          <h2 id="what" tabIndex={-1}>
            {words.share.whatTitle}
          </h2>
          <p class="muted">{words.share.whatText}</p>
        </div>
        <Filmstrip
          film={film}
          seams={seams}
          from={draft.fromSeam}
          to={draft.toSeam}
          onChange={(fromSeam, toSeam) => set({ fromSeam, toSeam })}
        />
        {isDamaged ? (
          <FailureNotice error={plan} />
        ) : (
          <p role="status">
            <strong>
              {words.share.chosen(saySeconds(plan.toSeconds - plan.fromSeconds), saySeconds(wholeSeconds))}
            </strong>
          </p>
        )}
        <Switch
          label={words.share.sound}
          hint={hasSound ? words.share.soundText : words.share.noSound}
          checked={draft.sound}
          disabled={!hasSound}
          onChange={(sound) => set({ sound })}
        />
      </section>
      <section class="stack">
        <div class="field">
          <label for="purpose">{words.share.purpose}</label>
          <input
            id="purpose"
            class="input"
            maxLength={2000}
            value={draft.purpose}
            onInput={({ currentTarget }) => set({ purpose: currentTarget.value })}
          />
          <p class="muted small">{words.share.purposeHint}</p>
        </div>
        <div class="two-fields">
          <div class="field">
            <label for="expiry">{words.share.expiry}</label>
            <select
              id="expiry"
              class="input"
              value={draft.validHours}
              onChange={({ currentTarget }) => set({ validHours: Number(currentTarget.value) })}
            >
              {Object.entries(words.share.expiries).map(([hours, word]) => (
                <option key={hours} value={hours}>
                  {word}
                </option>
              ))}
            </select>
          </div>
          <div class="field" hidden={isAnswer}>
            <label for="basis">{words.share.basis}</label>
            <select
              id="basis"
              class="input"
              value={draft.basis}
              onChange={({ currentTarget }) =>
                set({ basis: currentTarget.value === "compelled" ? "compelled" : "own" })
              }
            >
              <option value="own">{words.share.basisOwn}</option>
              <option value="compelled">{words.share.basisCompelled}</option>
            </select>
          </div>
        </div>
      </section>
      <MoreFacts draft={draft} onChange={set} />
      <div class="button-row even">
        <Button onClick={onBack}>{words.back}</Button>
        <Button kind="primary" onClick={onNext} disabled={isDamaged}>
          {words.share.next}
        </Button>
      </div>
    </div>
  );
}

interface MoreFactsProps {
  readonly draft: ShareDraft;
  readonly onChange: (change: Partial<ShareDraft>) => void;
}

const texts = [
  { fact: "name", word: words.share.factName, most: 120 },
  { fact: "contact", word: words.share.factContact, most: 240 },
  { fact: "place", word: words.share.factPlace, most: 500 },
] as const;

function MoreFacts({ draft, onChange }: MoreFactsProps) {
  return (
    <details class="more-facts">
      <summary>{words.share.moreTitle}</summary>
      <div class="stack">
        <p class="muted small">{words.share.moreText}</p>
        {texts.map(({ fact, word, most }) => (
          <div key={fact} class="field">
            <label for={`fact-${fact}`}>{word}</label>
            <input
              id={`fact-${fact}`}
              class="input"
              maxLength={most}
              autocomplete="off"
              value={draft[fact]}
              onInput={({ currentTarget }) => onChange({ [fact]: currentTarget.value })}
            />
          </div>
        ))}
        <Switch
          label={words.share.factDoorbell}
          hint={words.share.factDoorbellText}
          checked={draft.sameDoorbell}
          onChange={(sameDoorbell) => onChange({ sameDoorbell })}
        />
      </div>
    </details>
  );
}
