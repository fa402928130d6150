import { useState } from "preact/hooks";
import { wipe } from "../../protocol/bytes.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Sheet } from "../../ui/sheet.tsx";
import { Switch } from "../../ui/switch.tsx";
import type { Home } from "../model/home.ts";
import { newEntropy, setRecovery } from "../model/recovery.ts";
import { wordsOf } from "../model/recovery-words.ts";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { useAction } from "../parts/use-action.ts";
import { words } from "../words.ts";

const CHECKED_WORDS = 3;

interface NewWords {
  readonly entropy: Uint8Array;
  readonly list: readonly string[];
  /** Places, from 0 and rising, of the words that are asked for. */
  readonly asked: readonly number[];
}

interface NewRecoveryWordsProps {
  readonly home: Home;
  readonly onClose: () => void;
}

/** Says what the words will do, shows them once, asks for some, and only then tells the doorbell. */
export function NewRecoveryWords({ home, onClose }: NewRecoveryWordsProps) {
  const [withFootage, setFootage] = useState(false);
  const [made, setMade] = useState<NewWords | null>(null);
  const [isChecking, setChecking] = useState(false);
  const action = useAction();
  const quorum = home.household.value?.quorum ?? 1;
  const close = (): void => {
    if (made !== null) wipe(made.entropy);
    onClose();
  };
  const make = (): void =>
    action.run(async () => {
      const entropy = newEntropy(home.ground);
      const list = await wordsOf(entropy);
      setMade({ entropy, list, asked: somePlaces(list.length) });
    });
  if (made === null) {
    return (
      <Sheet title={words.recovery.make} onClose={close}>
        <p>{words.recovery.lead}</p>
        {quorum > 1 ? (
          <Notice>
            <p>{words.recovery.needs(quorum)}</p>
          </Notice>
        ) : null}
        <Switch
          label={words.recovery.footage}
          hint={words.recovery.footageText}
          checked={withFootage}
          onChange={setFootage}
        />
        <FailureNotice error={action.error} />
        <div class="button-row even">
          <Button onClick={close}>{words.cancel}</Button>
          <Button disabled={action.busy} onClick={make}>
            {words.recovery.begin}
          </Button>
        </div>
      </Sheet>
    );
  }
  if (!isChecking) {
    return (
      <Sheet title={words.recovery.writeTitle} onClose={close}>
        <p>{words.recovery.writeText}</p>
        <ol class="word-list mono">
          {made.list.map((word, at) => (
            <li key={at}>
              <span class="muted small">{at + 1}</span> {word}
            </li>
          ))}
        </ol>
        <div class="button-row even">
          <Button onClick={close}>{words.cancel}</Button>
          <Button kind="primary" onClick={() => setChecking(true)}>
            {words.recovery.written}
          </Button>
        </div>
      </Sheet>
    );
  }
  const finish = (): void =>
    action.run(async () => {
      await setRecovery(home, made.entropy, withFootage);
      close();
    });
  return (
    <Sheet title={words.recovery.checkTitle} onClose={close}>
      <p>{words.recovery.checkText}</p>
      <CheckForm made={made} busy={action.busy} onRight={finish} onLookAgain={() => setChecking(false)} />
      <FailureNotice error={action.error} />
    </Sheet>
  );
}

interface CheckFormProps {
  readonly made: NewWords;
  readonly busy: boolean;
  readonly onRight: () => void;
  readonly onLookAgain: () => void;
}

function CheckForm({ made: { list, asked }, busy, onRight, onLookAgain }: CheckFormProps) {
  const [typed, setTyped] = useState<Readonly<Record<number, string>>>({});
  const [wrong, setWrong] = useState<number | null>(null);
  const check = (): void => {
    const missed = asked.find((at) => (typed[at] ?? "").trim().toLowerCase() !== list[at]);
    setWrong(missed ?? null);
    if (missed === undefined) onRight();
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        check();
      }}
    >
      {asked.map((at) => (
        <div key={at} class="field">
          <label for={`word-${at}`}>{words.recovery.wordNumber(at + 1)}</label>
          <input
            id={`word-${at}`}
            class="input mono"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            value={typed[at] ?? ""}
            onInput={({ currentTarget }) => setTyped({ ...typed, [at]: currentTarget.value })}
          />
        </div>
      ))}
      {wrong === null ? null : (
        <Notice tone="bad">
          <p>{words.recovery.wrongWord(wrong + 1)}</p>
        </Notice>
      )}
      <div class="button-row even">
        <Button onClick={onLookAgain} disabled={busy}>
          {words.recovery.lookAgain}
        </Button>
        <button type="submit" class="button plain" disabled={busy}>
          {words.recovery.finish}
        </button>
      </div>
    </form>
  );
}

/** Which words are asked for is no secret: chance only keeps people from writing down just those. */
function somePlaces(count: number): readonly number[] {
  const places = Array.from({ length: count }, (_, at) => at);
  while (places.length > CHECKED_WORDS) places.splice(Math.floor(Math.random() * places.length), 1);
  return places;
}
