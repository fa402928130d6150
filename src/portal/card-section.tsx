import { useEffect, useRef, useState } from "preact/hooks";
import { fromUtf8, toBase64url, toHex, utf8 } from "../protocol/bytes.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { portableCrypto } from "../protocol/portable-crypto.ts";
import {
  checkCard,
  createCard,
  decodeSecrets,
  encodeSecrets,
  type RecipientSecrets,
  signCard,
} from "../recipient/card.ts";
import { RecipientError } from "../recipient/errors.ts";
import { sayFingerprint } from "../say/texts.ts";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { QrCode } from "../ui/qr-code.tsx";
import { saveFile } from "../ui/save-file.ts";
import { Sheet } from "../ui/sheet.tsx";
import type { StoredCard } from "./storage.ts";
import { words } from "./words.ts";

/** A code for more than this is too fine for a phone to read from a screen. */
const MOST_QR_CHARACTERS = 1800;

interface MakeCardProps {
  readonly onMade: (card: StoredCard) => void;
}

export function MakeCard({ onMade }: MakeCardProps) {
  const [name, setName] = useState("");
  const [mailbox, setMailbox] = useState("");
  const [wrong, setWrong] = useState<string | null>(null);
  const make = async (): Promise<void> => {
    if (!/^wss?:\/\//.test(mailbox.trim())) return setWrong(words.card.wrongMailbox);
    try {
      const { card, secrets } = await createCard(portableCrypto, { name: name.trim(), url: mailbox.trim(), ca: null });
      onMade({ envelope: card, secrets: encodeSecrets(secrets) });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      setWrong(words.card.wrong);
    }
  };
  const restore = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    const card = await readBackup(await file.text());
    if (card === null) setWrong(words.card.restoreWrong);
    else onMade(card);
  };
  return (
    <section class="card stack" aria-labelledby="card">
      <div class="stack tight">
        <h2 id="card">{words.card.title}</h2>
        <p class="muted">{words.card.lead}</p>
      </div>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <div class="field">
          <label for="name">{words.card.name}</label>
          <input
            id="name"
            class="input"
            required
            maxLength={120}
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
          <p class="muted small">{words.card.nameHint}</p>
        </div>
        <div class="field">
          <label for="mailbox">{words.card.mailbox}</label>
          <input
            id="mailbox"
            class="input mono"
            required
            maxLength={512}
            autocomplete="off"
            spellcheck={false}
            value={mailbox}
            onInput={({ currentTarget }) => setMailbox(currentTarget.value)}
          />
          <p class="muted small">{words.card.mailboxHint}</p>
        </div>
        {wrong === null ? null : (
          <Notice tone="bad">
            <p>{wrong}</p>
          </Notice>
        )}
        <div class="button-row">
          <button type="submit" class="button primary">
            {words.card.make}
          </button>
          <label class="button plain file-button">
            {words.card.restore}
            <input
              type="file"
              class="visually-hidden"
              onChange={({ currentTarget }) => void restore(currentTarget.files?.[0])}
            />
          </label>
        </div>
      </form>
    </section>
  );
}

interface MyCardProps {
  readonly card: StoredCard;
  readonly onForget: () => void;
}

export function MyCard({ card: { envelope, secrets }, onForget }: MyCardProps) {
  const { card, digest } = checkCard(portableCrypto, envelope);
  const [copying, setCopying] = useState<"not-yet" | "done" | "by-hand">("not-yet");
  const [forgetting, setForgetting] = useState(false);
  const asText = `doorward-card:${toBase64url(envelope)}`;
  // Pages over plain HTTP have no clipboard, and a browser may refuse its own.
  const copy = async (): Promise<void> => {
    const isDone = await navigator.clipboard?.writeText(asText).then(
      () => true,
      () => false,
    );
    setCopying(isDone ? "done" : "by-hand");
  };
  return (
    <section class="card stack" aria-labelledby="card">
      <div class="stack tight">
        <p class="muted small">{words.card.title}</p>
        <h2 id="card">{card.name}</h2>
        <p class="mono small muted">{card.inbox.url}</p>
      </div>
      <div class="stack tight">
        <p class="muted small">{words.card.fingerprint}</p>
        <p class="fingerprint">{sayFingerprint(toHex(digest))}</p>
        <p class="muted small">{words.card.fingerprintHint}</p>
      </div>
      {asText.length > MOST_QR_CHARACTERS ? null : <QrCode text={asText} label={words.card.qr} />}
      <div class="button-row">
        <Button kind="primary" icon="download" onClick={() => saveFile("doorward.card", "application/json", envelope)}>
          {words.card.save}
        </Button>
        <Button icon="file" onClick={() => void copy()}>
          {copying === "done" ? words.card.copied : words.card.copy}
        </Button>
      </div>
      {copying === "by-hand" ? <TextToCopy text={asText} /> : null}
      <details>
        <summary>{words.card.more}</summary>
        <div class="stack">
          <p class="muted small">{words.card.backupHint}</p>
          <div class="button-row">
            <Button
              onClick={() => saveFile("doorward-recipient-keys.json", "application/json", backupOf(envelope, secrets))}
            >
              {words.card.backup}
            </Button>
            <Button kind="danger" onClick={() => setForgetting(true)}>
              {words.card.forget}
            </Button>
          </div>
        </div>
      </details>
      {forgetting ? (
        <Sheet title={words.card.forgetTitle} onClose={() => setForgetting(false)}>
          <p>{words.card.forgetText}</p>
          <div class="button-row even">
            <Button onClick={() => setForgetting(false)}>{words.card.forgetNo}</Button>
            <Button kind="danger" onClick={onForget}>
              {words.card.forgetYes}
            </Button>
          </div>
        </Sheet>
      ) : null}
    </section>
  );
}

/** Selected, so that one touch or key copies it. */
function TextToCopy({ text }: { readonly text: string }) {
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.select(), []);
  return (
    <div class="field">
      <label for="card-text">{words.card.asText}</label>
      <textarea id="card-text" class="input mono small" rows={4} readOnly ref={field} value={text} />
      <p class="muted small" role="status">
        {words.card.copyByHand}
      </p>
    </div>
  );
}

const backupOf = (envelope: Uint8Array, secrets: string): Uint8Array =>
  utf8(JSON.stringify({ doorward: "recipient-backup-1", card: fromUtf8(envelope), keys: secrets }));

/** Null for what is no backup, or one whose card and keys do not belong together. */
async function readBackup(text: string): Promise<StoredCard | null> {
  try {
    const { doorward, card, keys } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (doorward !== "recipient-backup-1" || typeof card !== "string" || typeof keys !== "string") return null;
    const secrets: RecipientSecrets = decodeSecrets(utf8(keys));
    const { name, inbox } = checkCard(portableCrypto, utf8(card)).card;
    const again = await signCard(portableCrypto, { name, url: inbox.url, ca: inbox.ca }, secrets);
    return fromUtf8(again) === card ? { envelope: utf8(card), secrets: keys } : null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RecipientError || error instanceof ProtocolError) return null;
    throw error;
  }
}
