import { useMemo } from "preact/hooks";
import type { SharePlan } from "../../owner/plan-share.ts";
import { sayForeign } from "../../say/texts.ts";
import { Button } from "../../ui/button.tsx";
import { useObjectUrl } from "../../ui/object-url.ts";
import { sayDateTime, saySeconds } from "../../ui/say.ts";
import type { Film } from "../model/film.ts";
import type { Home } from "../model/home.ts";
import type { Recipient } from "../model/recipient.ts";
import { type ShareDraft, signShare } from "../model/share-draft.ts";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { useAction } from "../parts/use-action.ts";
import { useStep } from "../parts/use-step.ts";
import { goInstead } from "../router.ts";
import { words } from "../words.ts";
import { RecipientCard } from "./share-recipient.tsx";

interface CheckStepProps {
  readonly home: Home;
  readonly film: Film;
  readonly recipient: Recipient;
  readonly draft: ShareDraft;
  readonly plan: SharePlan;
  /** Digest of the request that is answered, or null. */
  readonly request: Uint8Array | null;
  readonly onBack: () => void;
}

/** Everything that would leave, to see and to play, before the one signature. */
export function CheckStep({ home, film, recipient, draft, plan, request, onBack }: CheckStepProps) {
  const action = useAction();
  useStep("check");
  const mp4 = useMemo(() => film.mp4(plan.lanes), [film, plan.fromSeconds, plan.toSeconds, plan.sound !== null]);
  const url = useObjectUrl(mp4, "video/mp4");
  const sign = (): void =>
    action.run(async () => {
      await signShare(home, film, recipient, draft, plan, request);
      goInstead({ screen: "shares" });
    });
  return (
    <section class="stack" aria-labelledby="check">
      <div class="stack tight">
        <h2 id="check" tabIndex={-1}>
          {words.share.checkTitle}
        </h2>
        <p class="muted">{words.share.checkText}</p>
      </div>
      {/* biome-ignore lint/a11y/useMediaCaption: a doorbell's sound has no captions. */}
      <video class="film-picture" controls playsInline src={url ?? undefined} aria-label={words.share.preview} />
      <RecipientCard recipient={recipient} />
      <dl class="facts">
        {rowsOf(draft, plan, request !== null).map(([name, value]) => (
          <div key={name} class="fact">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <FailureNotice error={action.error} />
      <div class="button-row even">
        <Button onClick={onBack} disabled={action.busy}>
          {words.share.no}
        </Button>
        <Button onClick={sign} disabled={action.busy}>
          {action.busy ? words.share.signing : words.share.yes}
        </Button>
      </div>
    </section>
  );
}

function rowsOf(draft: ShareDraft, plan: SharePlan, isAnswer: boolean): (readonly [string, string])[] {
  const { share } = words;
  const told = [
    ...[draft.name, draft.contact, draft.place].map((text) => text.trim()).filter(Boolean),
    ...(draft.sameDoorbell ? [share.aboutDoorbell] : []),
  ];
  const sound = plan.sound !== null ? share.soundGoes : draft.sound ? share.soundNone : share.soundStays;
  return [
    [share.rowPart, `${saySeconds(plan.fromSeconds)} – ${saySeconds(plan.toSeconds)}`],
    [share.rowSound, sound],
    [share.rowAbout, told.length === 0 ? share.aboutNothing : told.join(" · ")],
    [share.rowPurpose, sayForeign(draft.purpose.trim()) || share.purposeNone],
    [share.basis, isAnswer ? share.basisAnswer : draft.basis === "own" ? share.basisOwn : share.basisCompelled],
    [share.rowUntil, sayDateTime(Date.now() + draft.validHours * 3_600_000)],
  ];
}
