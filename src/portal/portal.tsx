import { useEffect, useMemo, useState } from "preact/hooks";
import { utf8 } from "../protocol/bytes.ts";
import { decodeSecrets } from "../recipient/card.ts";
import { Icon } from "../ui/icon.tsx";
import { Notice } from "../ui/notice.tsx";
import { MakeCard, MyCard } from "./card-section.tsx";
import { InboxSection } from "./inbox-section.tsx";
import { PortalStorage, type StoredCard } from "./storage.ts";
import { VerdictView } from "./verdict-view.tsx";
import { words } from "./words.ts";

export function Portal() {
  const [storage, setStorage] = useState<PortalStorage | null>(null);
  const [isWithout, setWithout] = useState(false);
  const [card, setCard] = useState<StoredCard | null>(null);
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    const start = async (): Promise<void> => {
      const opened = await PortalStorage.open();
      setStorage(opened);
      setCard(await opened.card());
    };
    start()
      .catch(() => setWithout(true))
      .finally(() => setReady(true));
  }, []);
  const secrets = useMemo(() => (card === null ? null : decodeSecrets(utf8(card.secrets))), [card]);
  const keep = (made: StoredCard): void => {
    setCard(made);
    void navigator.storage?.persist?.();
    void storage?.saveCard(made).catch(() => setWithout(true));
  };
  return (
    <main class="portal">
      <header class="stack tight">
        <h1>{words.title}</h1>
        <p class="muted">{words.lead}</p>
      </header>
      {isWithout ? (
        <Notice tone="warn">
          <p>{words.noStorage}</p>
        </Notice>
      ) : null}
      {isReady && card === null ? <MakeCard onMade={keep} /> : null}
      {card === null ? null : (
        <MyCard
          card={card}
          onForget={() => {
            void storage?.forget();
            setCard(null);
          }}
        />
      )}
      {card !== null && secrets !== null && storage !== null ? (
        <InboxSection storage={storage} secrets={secrets} card={card.envelope} />
      ) : null}
      <FileSection secrets={secrets} card={card?.envelope ?? null} />
      <footer class="muted small">{words.offline}</footer>
    </main>
  );
}

type FileSectionProps = Pick<Parameters<typeof VerdictView>[0], "secrets" | "card">;

/** A share that was carried by hand. */
function FileSection({ secrets, card }: FileSectionProps) {
  const [share, setShare] = useState<Uint8Array | null>(null);
  const [isOver, setOver] = useState(false);
  const take = (file: File | undefined): void => {
    setOver(false);
    if (file !== undefined) void file.arrayBuffer().then((bytes) => setShare(new Uint8Array(bytes)));
  };
  return (
    <section class="stack" aria-labelledby="file">
      <h2 id="file">{words.file.title}</h2>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a convenience; the button inside does the same. */}
      <div
        class={`drop ${isOver ? "over" : ""}`}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          take(event.dataTransfer?.files[0]);
        }}
      >
        <span>{words.file.drop}</span>
        <label class="button plain file-button">
          <Icon name="file" size={20} />
          {words.file.choose}
          <input
            type="file"
            class="visually-hidden"
            onChange={({ currentTarget }) => {
              take(currentTarget.files?.[0]);
              currentTarget.value = "";
            }}
          />
        </label>
      </div>
      {share === null ? null : <VerdictView share={share} secrets={secrets} card={card} />}
    </section>
  );
}
