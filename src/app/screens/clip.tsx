import { useEffect, useState } from "preact/hooks";
import { dropSeed, keepSeed } from "../../owner/clip-seed.ts";
import { fromHex } from "../../protocol/bytes.ts";
import { sayBytes, sayLength } from "../../say/amounts.ts";
import { Button } from "../../ui/button.tsx";
import type { IconName } from "../../ui/icon.tsx";
import { Notice } from "../../ui/notice.tsx";
import { useObjectUrl } from "../../ui/object-url.ts";
import { saveFile } from "../../ui/save-file.ts";
import { sayDateTime, sayDay, sayTimeWithSeconds } from "../../ui/say.ts";
import { Sheet } from "../../ui/sheet.tsx";
import { type ClipEntry, momentOf } from "../model/clip-entry.ts";
import { verifiedClip, withSeed } from "../model/clip-reading.ts";
import type { Film } from "../model/film.ts";
import type { Home } from "../model/home.ts";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { FilmView } from "../parts/film-view.tsx";
import { Message } from "../parts/message.tsx";
import { ScreenHead } from "../parts/screen-head.tsx";
import { useAction } from "../parts/use-action.ts";
import { useFilm } from "../parts/use-film.ts";
import { go, goInstead } from "../router.ts";
import { words } from "../words.ts";

interface ClipScreenProps {
  readonly home: Home;
  /** Hex. */
  readonly id: string;
}

export function ClipScreen({ home, id }: ClipScreenProps) {
  const entry = home.clips.entries.value.find((known) => known.id === id);
  if (entry === undefined) {
    return home.clips.isCurrent.value && home.link.connection.value === "online" ? (
      <Message lone icon="trash" title={words.player.gone} text={words.player.goneText}>
        <Button onClick={() => goInstead({ screen: "timeline" })}>{words.nav.timeline}</Button>
      </Message>
    ) : (
      <div class="spinner" role="status" aria-label={words.loading} />
    );
  }
  return entry.state === "open" ? <StillOpen entry={entry} /> : <ClosedClip home={home} entry={entry} />;
}

const titleOf = (entry: ClipEntry): string => words.tag[entry.trigger ?? "unknown"];
const whenOf = (entry: ClipEntry): string =>
  entry.startMs === null
    ? sayDay(momentOf(entry), Date.now())
    : `${sayDay(momentOf(entry), Date.now())}, ${sayTimeWithSeconds(entry.startMs)}`;

function StillOpen({ entry }: { readonly entry: ClipEntry }) {
  return (
    <div class="stack">
      <ScreenHead title={titleOf(entry)} back={{ screen: "timeline" }} />
      <Notice>
        <p>{words.player.open}</p>
      </Notice>
    </div>
  );
}

function ClosedClip({ home, entry }: { readonly home: Home; readonly entry: ClipEntry }) {
  const { film, again } = useFilm(home, entry.id);
  const [still, setStill] = useState<Uint8Array | null>(null);
  useEffect(() => {
    void home.clips.still(entry.id).then(setStill);
  }, [entry.id]);
  const poster = useObjectUrl(still, "image/jpeg");
  const failed = film.state.value === "failed";
  return (
    <div class="stack">
      <ScreenHead title={titleOf(entry)} text={whenOf(entry)} back={{ screen: "timeline" }} />
      {failed ? <FailureNotice error={film.failure.value} onRetry={again} /> : null}
      {failed && film.loaded.value === 0 ? null : <FilmView key={film.id} film={film} entry={entry} poster={poster} />}
      {entry.clockSet ? null : (
        <Notice tone="warn">
          <p>{words.player.clock}</p>
        </Notice>
      )}
      {entry.closed === "cut" ? (
        <Notice>
          <p>{words.player.cutShort}</p>
        </Notice>
      ) : null}
      <Actions home={home} entry={entry} film={film} />
      <Details entry={entry} />
    </div>
  );
}

interface ActionsProps {
  readonly home: Home;
  readonly entry: ClipEntry;
  readonly film: Film;
}

function Actions({ home, entry, film }: ActionsProps) {
  const [erasing, setErasing] = useState(false);
  const action = useAction();
  const isOwner = home.standing.value === "owner";
  const isWhole = film.state.value === "whole";
  const clip = fromHex(entry.id);

  const save = (): void =>
    action.run(() => {
      const name = `doorward-${new Date(momentOf(entry)).toISOString().slice(0, 19).replaceAll(":", "-")}.mp4`;
      saveFile(name, "video/mp4", film.wholeMp4());
      return Promise.resolve();
    });
  const pin = (): void =>
    action.run(() =>
      home.ask(async (doorbell) => {
        const { ground } = home;
        // The key first: a clip that is kept without one would never open again once its day is forgotten.
        const verified = await verifiedClip(ground, doorbell, entry.id);
        await withSeed(ground, verified, (seed) => ground.store.update((state) => keepSeed(state, clip, seed)));
        await doorbell.ask("pin", { clip });
        await home.clips.sync(doorbell);
      }),
    );
  const unpin = (): void =>
    action.run(() =>
      home.ask(async (doorbell) => {
        await doorbell.ask("unpin", { clip });
        await home.ground.store.update((state) => dropSeed(state, clip));
        await home.clips.sync(doorbell);
      }),
    );
  const erase = (): void =>
    action.run(() =>
      home.ask(async (doorbell) => {
        await doorbell.ask("erase", { clip });
        await home.ground.store.update((state) => dropSeed(state, clip));
        await home.clips.forget(entry.id);
        goInstead({ screen: "timeline" });
      }),
    );

  return (
    <div class="stack">
      <FailureNotice error={action.error} />
      {isOwner ? (
        <Button
          kind="primary"
          icon="share"
          wide
          disabled={!isWhole}
          onClick={() => go({ screen: "share", clip: entry.id })}
        >
          {words.player.share}
        </Button>
      ) : null}
      <ul class="actions">
        <ActionItem
          icon="download"
          word={words.player.save}
          text={words.player.saveText}
          disabled={!isWhole}
          onClick={save}
        />
        {isOwner ? (
          <>
            <ActionItem
              icon="pin"
              word={entry.pinned ? words.player.unpin : words.player.pin}
              text={entry.pinned ? words.player.unpinText : words.player.pinText}
              disabled={action.busy}
              onClick={entry.pinned ? unpin : pin}
            />
            <ActionItem
              icon="trash"
              word={words.player.erase}
              text={words.player.eraseText}
              disabled={action.busy}
              onClick={() => setErasing(true)}
            />
          </>
        ) : null}
      </ul>
      {erasing ? (
        <Sheet title={words.player.eraseTitle} onClose={() => setErasing(false)}>
          <p>{words.player.eraseText}</p>
          <FailureNotice error={action.error} />
          <div class="button-row even">
            <Button onClick={() => setErasing(false)}>{words.player.eraseNo}</Button>
            <Button kind="danger" onClick={erase} disabled={action.busy}>
              {words.player.eraseYes}
            </Button>
          </div>
        </Sheet>
      ) : null}
    </div>
  );
}

interface ActionItemProps {
  readonly icon: IconName;
  readonly word: string;
  readonly text: string;
  readonly disabled: boolean;
  readonly onClick: () => void;
}

function ActionItem({ icon, word, text, disabled, onClick }: ActionItemProps) {
  return (
    <li>
      <Button icon={icon} kind="plain" disabled={disabled} onClick={onClick}>
        {word}
      </Button>
      <p class="muted small">{text}</p>
    </li>
  );
}

function Details({ entry }: { readonly entry: ClipEntry }) {
  const rows = [
    ...(entry.startMs === null ? [] : [[words.player.recorded, sayDateTime(entry.startMs)] as const]),
    ...(entry.durationMs === null ? [] : [[words.player.length, sayLength(entry.durationMs)] as const]),
    [words.player.size, sayBytes(entry.bytes)] as const,
    [words.player.id, entry.id.slice(0, 8)] as const,
  ];
  return (
    <section class="card stack" aria-labelledby="details">
      <h2 id="details">{words.player.details}</h2>
      <dl class="facts small">
        {rows.map(([name, value]) => (
          <div key={name} class="fact">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="muted small">{words.player.sealed}</p>
    </section>
  );
}
