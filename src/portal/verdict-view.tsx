import { useMemo } from "preact/hooks";
import { toHex } from "../protocol/bytes.ts";
import { portableCrypto } from "../protocol/portable-crypto.ts";
import type { RecipientSecrets } from "../recipient/card.ts";
import { type OpenedShare, openShare } from "../recipient/open-share.ts";
import type { OkVerdict, Verdict } from "../recipient/verdict.ts";
import { verifyShare } from "../recipient/verify-share.ts";
import { sayLength } from "../say/amounts.ts";
import { sayFingerprint, sayForeign } from "../say/texts.ts";
import { Button } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { useObjectUrl } from "../ui/object-url.ts";
import { saveFile } from "../ui/save-file.ts";
import { saySeconds } from "../ui/say.ts";
import { words } from "./words.ts";

interface VerdictViewProps {
  /** Whole archive; every byte may be anybody's. */
  readonly share: Uint8Array;
  readonly secrets: RecipientSecrets | null;
  readonly card: Uint8Array | null;
}

type Opened = OpenedShare | Verdict;

/** What a share proves, in plain words, and its film when it holds. */
export function VerdictView({ share, secrets, card }: VerdictViewProps) {
  const opened = useMemo((): Opened => {
    if (secrets === null) return verifyShare(portableCrypto, share, null);
    return openShare(portableCrypto, share, secrets, card === null ? {} : { card });
  }, [share, secrets, card]);
  if (opened.verdict !== "ok") {
    return (
      <section class="verdict bad" role="alert">
        <Icon name="warning" size={32} />
        <div class="stack tight">
          <h2>{words.verdict.bad}</h2>
          <p>{words.failures[opened.verdict]}</p>
          <p class="muted">{words.verdict.nothing}</p>
          <p class="muted small mono">{opened.text}</p>
        </div>
      </section>
    );
  }
  return (
    <div class="stack">
      <section class="verdict good" role="status">
        <Icon name="check" size={32} />
        <div class="stack tight">
          <h2>{words.verdict.ok}</h2>
          <p>{opened.opened ? words.verdict.okText : words.verdict.notOpened}</p>
          <p class="muted small">{words.verdict.limits}</p>
        </div>
      </section>
      {"mp4" in opened ? <FilmOf opened={opened} /> : null}
      <dl class="facts card">
        {rowsOf(opened).map(([name, value]) => (
          <div key={name} class="fact">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function FilmOf({ opened: { mp4, clip } }: { readonly opened: OpenedShare }) {
  const url = useObjectUrl(mp4, "video/mp4");
  return (
    <figure class="stack">
      {/* biome-ignore lint/a11y/useMediaCaption: a doorbell's sound has no captions. */}
      <video class="film-picture" controls playsInline src={url ?? undefined} aria-label={words.verdict.film} />
      <div>
        <Button
          kind="primary"
          icon="download"
          onClick={() => saveFile(`doorward-${toHex(clip).slice(0, 8)}.mp4`, "video/mp4", mp4)}
        >
          {words.verdict.save}
        </Button>
      </div>
    </figure>
  );
}

function rowsOf({ clip, lanes, clock, closed, durationMs, facts, device }: OkVerdict): (readonly [string, string])[] {
  const { verdict } = words;
  const video = lanes.find(({ lane }) => lane === 1);
  const rows: (readonly [string, string])[] = [];
  if (durationMs !== null) rows.push([verdict.length, sayLength(durationMs)]);
  if (video !== undefined) rows.push([verdict.part, verdict.partOf(video.first, video.end - 1, "")]);
  rows.push([verdict.sound, lanes.some(({ lane }) => lane === 2) ? verdict.soundWith : verdict.soundWithout]);
  rows.push([verdict.clock, clock === "synced" ? verdict.clockSet : verdict.clockUnset]);
  if (closed === "cut") rows.push([verdict.clip, verdict.cut]);
  for (const [name, text] of [
    [verdict.from, facts?.name],
    [verdict.contact, facts?.contact],
    [verdict.place, facts?.place],
  ] as const) {
    if (text !== null && text !== undefined) rows.push([name, sayForeign(text)]);
  }
  if (facts?.clockErrorMs !== null && facts !== null) {
    rows.push([verdict.clockError, saySeconds(facts.clockErrorMs / 1000)]);
  }
  if (device !== null) rows.push([verdict.doorbell, `${sayFingerprint(toHex(device))}: ${verdict.doorbellText}`]);
  rows.push([verdict.clip, toHex(clip).slice(0, 8)]);
  return rows;
}
