import { useState } from "preact/hooks";
import type { Crypto } from "../../protocol/crypto.ts";
import { sayFingerprint, sayForeign } from "../../say/texts.ts";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Notice } from "../../ui/notice.tsx";
import { type Recipient, readRecipient } from "../model/recipient.ts";
import { PasteForm } from "../parts/paste-form.tsx";
import { Scanner } from "../parts/scanner.tsx";
import { words } from "../words.ts";

interface RecipientStepProps {
  readonly crypto: Crypto;
  readonly recipient: Recipient | null;
  readonly onChosen: (recipient: Recipient | null) => void;
  readonly onNext: () => void;
}

export function RecipientStep({ crypto, recipient, onChosen, onNext }: RecipientStepProps) {
  const [scanning, setScanning] = useState(false);
  const [pasting, setPasting] = useState(false);
  const [isWrong, setWrong] = useState(false);
  const take = (given: string): void => {
    setScanning(false);
    const found = readRecipient(crypto, given);
    setWrong(found === null);
    if (found !== null) onChosen(found);
  };
  if (recipient !== null) {
    return (
      <section class="stack">
        <RecipientCard recipient={recipient} />
        <div class="button-row even">
          <Button onClick={() => onChosen(null)}>{words.share.another}</Button>
          <Button kind="primary" onClick={onNext}>
            {words.share.next}
          </Button>
        </div>
      </section>
    );
  }
  return (
    <section class="stack" aria-labelledby="who">
      <div class="stack tight">
        <h2 id="who">{words.share.whoTitle}</h2>
        <p class="muted">{words.share.whoText}</p>
      </div>
      <div class="button-row">
        <Button kind="primary" icon="qr" onClick={() => setScanning(true)}>
          {words.share.scan}
        </Button>
        <label class="button plain file-button">
          <Icon name="file" size={20} />
          {words.share.file}
          <input
            type="file"
            class="visually-hidden"
            onChange={({ currentTarget }) => void currentTarget.files?.[0]?.text().then(take)}
          />
        </label>
        <Button icon="list" onClick={() => setPasting(true)}>
          {words.share.paste}
        </Button>
      </div>
      {pasting ? <PasteForm id="card" label={words.share.pasteLabel} button={words.share.next} onText={take} /> : null}
      {isWrong ? (
        <Notice tone="bad">
          <p>{words.share.notACard}</p>
        </Notice>
      ) : null}
      {scanning ? <Scanner title={words.share.scan} onCode={take} onClose={() => setScanning(false)} /> : null}
    </section>
  );
}

export function RecipientCard({ recipient: { name, digest, inbox } }: { readonly recipient: Recipient }) {
  return (
    <div class="card stack">
      <div class="stack tight">
        <p class="muted small">{words.share.selfNamed}</p>
        <h2>{sayForeign(name)}</h2>
      </div>
      <div class="stack tight">
        <p class="muted small">{words.share.fingerprint}</p>
        <p class="fingerprint">{sayFingerprint(digest)}</p>
        <p class="muted small">{words.share.fingerprintText}</p>
      </div>
      <p class="small">
        {words.share.inbox} <span class="mono">{sayForeign(inbox)}</span>
      </p>
    </div>
  );
}
