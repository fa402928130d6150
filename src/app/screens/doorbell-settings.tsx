import { useState } from "preact/hooks";
import type { OwnerSettings } from "../../protocol/link-ops.ts";
import { sayDuration } from "../../say/amounts.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { Home } from "../model/home.ts";
import { isSound, MAX_DAYS, MAX_NAME } from "../model/settings.ts";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { QuietHours } from "../parts/quiet-hours.tsx";
import { useAction } from "../parts/use-action.ts";
import { words } from "../words.ts";

/** How the doorbell behaves. What this owner has not touched follows what others change meanwhile. */
export function DoorbellSettings({ home }: { readonly home: Home }) {
  const known = home.settings.value;
  return (
    <section class="stack" aria-labelledby="doorbell-settings">
      <h2 id="doorbell-settings">{words.settings.doorbell}</h2>
      {known === null ? <p class="card muted">{words.settings.unknown}</p> : <Form home={home} known={known} />}
    </section>
  );
}

interface FormProps {
  readonly home: Home;
  readonly known: OwnerSettings;
}

function Form({ home, known }: FormProps) {
  const [touched, setTouched] = useState<Partial<OwnerSettings>>({});
  const [isSaved, setSaved] = useState(false);
  const action = useAction();
  const isOwner = home.standing.value === "owner";
  const wanted = { ...known, ...touched };
  const isTouched = Object.keys(touched).length > 0;
  const touch = (change: Partial<OwnerSettings>): void => {
    setSaved(false);
    setTouched({ ...touched, ...change });
  };
  const save = (): void =>
    action.run(async () => {
      await home.changeSettings(wanted);
      setTouched({});
      setSaved(true);
    });
  return (
    <form
      class="card stack loose"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      {isOwner ? null : <p class="muted small">{words.settings.ownersOnly}</p>}
      <fieldset class="bare stack loose" disabled={!isOwner || action.busy}>
        <div class="field">
          <label for="door-name">{words.settings.name}</label>
          <input
            id="door-name"
            class="input"
            maxLength={MAX_NAME}
            autocomplete="off"
            value={wanted.name}
            onInput={({ currentTarget }) => touch({ name: currentTarget.value })}
          />
          <p class="muted small">{words.settings.nameText}</p>
        </div>
        <div class="field">
          <label for="retention">{words.settings.retention}</label>
          <input
            id="retention"
            class="input short"
            type="number"
            inputMode="numeric"
            min={1}
            max={MAX_DAYS}
            value={Number.isNaN(wanted.retentionDays) ? "" : wanted.retentionDays}
            onInput={({ currentTarget }) => touch({ retentionDays: currentTarget.valueAsNumber })}
          />
          <p class="muted small">{words.settings.retentionText}</p>
          {wanted.retentionDays < known.retentionDays ? (
            <Notice tone="warn">
              <p>{words.settings.retentionShorter(wanted.retentionDays)}</p>
            </Notice>
          ) : null}
        </div>
        <div class="field">
          <label for="undo">{words.settings.undo}</label>
          <select
            id="undo"
            class="input"
            value={wanted.undoMs}
            onChange={({ currentTarget }) => touch({ undoMs: Number(currentTarget.value) })}
          >
            {[...new Set([...Object.keys(words.settings.undoChoices).map(Number), known.undoMs])]
              .toSorted((a, b) => a - b)
              .map((ms) => (
                <option key={ms} value={ms}>
                  {words.settings.undoChoices[ms] ?? sayDuration(ms)}
                </option>
              ))}
          </select>
          <p class="muted small">{words.settings.undoText}</p>
        </div>
        <QuietHours spans={wanted.quiet} onChange={(quiet) => touch({ quiet })} />
      </fieldset>
      <FailureNotice error={action.error} />
      {isSaved && !isTouched ? (
        <Notice tone="good">
          <p>{words.settings.saved}</p>
        </Notice>
      ) : null}
      {isOwner && isTouched ? (
        <div class="button-row even">
          <Button disabled={action.busy} onClick={() => setTouched({})}>
            {words.settings.discard}
          </Button>
          <button type="submit" class="button primary" disabled={action.busy || !isSound(wanted)}>
            {words.settings.save}
          </button>
        </div>
      ) : null}
    </form>
  );
}
