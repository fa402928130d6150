import { useEffect, useState } from "preact/hooks";
import type { RecipientSecrets } from "../recipient/card.ts";
import { Button } from "../ui/button.tsx";
import { Notice } from "../ui/notice.tsx";
import { saveFile } from "../ui/save-file.ts";
import { sayDateTime } from "../ui/say.ts";
import { type InboxState, receiveForever } from "./receiving.ts";
import type { PortalStorage, StoredShare } from "./storage.ts";
import { VerdictView } from "./verdict-view.tsx";
import { words } from "./words.ts";

interface InboxSectionProps {
  readonly storage: PortalStorage;
  readonly secrets: RecipientSecrets;
  readonly card: Uint8Array;
}

/** What has come for the card, and what is coming now. */
export function InboxSection({ storage, secrets, card }: InboxSectionProps) {
  const [state, setState] = useState<InboxState>("connecting");
  const [percent, setPercent] = useState<number | null>(null);
  const [noRoom, setNoRoom] = useState(false);
  const [shares, setShares] = useState<readonly StoredShare[]>([]);
  const [open, setOpen] = useState<string | null>(null);
  const look = (): void => void storage.shares().then(setShares);
  useEffect(() => {
    look();
    return receiveForever(storage, secrets, card, {
      onState: setState,
      onProgress: (_delivery, next, chunks) => setPercent(Math.floor((100 * next) / Math.max(1, chunks))),
      onShare: (delivery) => {
        setPercent(null);
        setNoRoom(false);
        setOpen(delivery);
        look();
      },
      onError: (error) => setNoRoom(error instanceof DOMException && error.name === "QuotaExceededError"),
    });
  }, [card]);
  return (
    <section class="stack" aria-labelledby="inbox">
      <h2 id="inbox">{words.inbox.title}</h2>
      <p class="muted" role="status">
        {percent === null ? words.inbox[state] : words.inbox.progress(percent)}
      </p>
      {percent === null ? null : (
        <progress class="progress" value={percent} max={100} aria-label={words.inbox.progress(percent)} />
      )}
      {noRoom ? (
        <Notice tone="bad">
          <p>{words.inbox.notStored}</p>
        </Notice>
      ) : null}
      {shares.length === 0 ? <p class="muted">{words.inbox.empty}</p> : null}
      {shares.map(({ delivery, receivedMs, bytes }) => (
        <article key={delivery} class="stack">
          <div class="share-head">
            <strong>{words.inbox.received(sayDateTime(receivedMs))}</strong>
            <div class="button-row">
              <Button onClick={() => setOpen(open === delivery ? null : delivery)}>
                {open === delivery ? words.verdict.close : words.inbox.open}
              </Button>
              <Button
                kind="quiet"
                onClick={() => saveFile(`share-${delivery.slice(0, 8)}.tar`, "application/x-tar", bytes)}
              >
                {words.inbox.saveShare}
              </Button>
              <Button kind="quiet" onClick={() => void storage.removeShare(delivery).then(look)}>
                {words.inbox.remove}
              </Button>
            </div>
          </div>
          {open === delivery ? <VerdictView share={bytes} secrets={secrets} card={card} /> : null}
        </article>
      ))}
    </section>
  );
}
