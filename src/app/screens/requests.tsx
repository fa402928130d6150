import { useState } from "preact/hooks";
import type { HomeRequest } from "../../owner/requests/match.ts";
import { registerName } from "../../owner/requests/match.ts";
import { equalBytes, toHex } from "../../protocol/bytes.ts";
import { cardEnvelopeOf } from "../../protocol/register/statements/request.ts";
import { sayFingerprint, sayForeign } from "../../say/texts.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { sayDateTime, sayTime } from "../../ui/say.ts";
import type { ClipEntry } from "../model/clip-entry.ts";
import type { Home } from "../model/home.ts";
import { type Recipient, recipientOf } from "../model/recipient.ts";
import { ClipLine } from "../parts/clip-row.tsx";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { FilmView } from "../parts/film-view.tsx";
import { Overlay } from "../parts/overlay.tsx";
import { useFilm } from "../parts/use-film.ts";
import { words } from "../words.ts";
import { type FlowStep, ShareFlow } from "./share-flow.tsx";

const DEGREE = 100_000;

/**
 * Stands at one place of the home screen, always the same, whatever is asked. What is looked at lives in this page's
 * memory: it has no address, no entry in the history, and nothing is fetched or saved for it.
 */
export function RequestsSection({ home }: { readonly home: Home }) {
  const [looked, setLooked] = useState<HomeRequest | null>(null);
  const { found, troubles, place, registers } = home.requests;
  // As it is known now: after a start the recordings that match come later than the request.
  const open = found.value.find(({ digest }) => looked !== null && equalBytes(digest, looked.digest)) ?? looked;
  if (registers.value.length === 0) return null;
  return (
    <section class="stack" aria-labelledby="requests">
      <div class="stack tight">
        <h2 id="requests">{words.requests.title}</h2>
        <p class="muted small">{words.requests.lead}</p>
      </div>
      {troubles.value.map(({ name, code }) => (
        <Notice key={name} tone="bad">
          <p>{words.requests.trouble(name, words.requests.log[code] ?? words.requests.log.other ?? "")}</p>
        </Notice>
      ))}
      {place.value === null ? <p>{words.requests.noPlace}</p> : null}
      {place.value !== null && found.value.length === 0 && troubles.value.length === 0 ? (
        <p>{words.requests.none}</p>
      ) : null}
      {found.value.map((request) => (
        <article key={toHex(request.digest)} class="card stack">
          <RequestRows request={request} />
          <div class="button-row even">
            <Button onClick={() => home.requests.hide(request)}>{words.requests.hide}</Button>
            <Button onClick={() => setLooked(request)}>{words.requests.look}</Button>
          </div>
        </article>
      ))}
      {open === null ? null : <OpenRequest home={home} request={open} onClose={() => setLooked(null)} />}
    </section>
  );
}

/** The same rows in the same order for every request: nothing is stressed, and none asks for an answer. */
function RequestRows({ request: { request, clips } }: { readonly request: HomeRequest }) {
  const { rows } = words.requests;
  const { area, window } = request;
  const place = `${(area.latitude / DEGREE).toFixed(5)}, ${(area.longitude / DEGREE).toFixed(5)}`;
  const told: readonly (readonly [string, string])[] = [
    [rows.who, `${sayForeign(request.officer)}, ${sayForeign(request.agency)}`],
    [rows.case, sayForeign(request.caseNumber)],
    [rows.why, `${words.requests.offences[request.offence]}: ${sayForeign(request.text)}`],
    [rows.where, words.requests.where(area.radius, place)],
    [rows.when, `${sayDateTime(window.start * 1000)} – ${sayTime(window.end * 1000)}`],
    [rows.voluntary, words.requests.voluntaryText],
    [rows.clips, clips.length === 0 ? words.requests.noClips : words.requests.clips(clips.length)],
    [rows.until, sayDateTime(request.expires * 1000)],
  ];
  return <Facts rows={told} />;
}

function Facts({ rows }: { readonly rows: readonly (readonly [string, string])[] }) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name} class="fact">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface OpenRequestProps {
  readonly home: Home;
  readonly request: HomeRequest;
  readonly onClose: () => void;
}

function OpenRequest({ home, request, onClose }: OpenRequestProps) {
  const [chosen, setChosen] = useState<ClipEntry | null>(null);
  const matching = request.clips.flatMap(({ clip }) => home.clips.get(toHex(clip)) ?? []);
  const recipient = recipientOf(home.ground.crypto, cardEnvelopeOf(request.request));
  const { rows: _, ...texts } = words.requests;
  return (
    <Overlay title={words.requests.title} onClose={onClose}>
      {chosen === null ? (
        <div class="stack">
          <RequestRows request={request} />
          {matching.length === 0 ? null : (
            <ul class="clip-list">
              {matching.map((entry) => (
                <li key={entry.id}>
                  <button type="button" class="clip-row" onClick={() => setChosen(entry)}>
                    <ClipLine home={home} entry={entry} />
                  </button>
                </li>
              ))}
            </ul>
          )}
          <details>
            <summary>{texts.details}</summary>
            <Facts
              rows={[
                [texts.register, `${registerName(request)}, ${texts.entry(request.index)}`],
                [texts.asker, sayFingerprint(toHex(request.request.requester))],
                [
                  texts.recipient,
                  recipient === null ? "" : `${sayForeign(recipient.name)}, ${sayFingerprint(recipient.digest)}`,
                ],
              ]}
            />
          </details>
          <Button onClick={onClose}>{texts.close}</Button>
        </div>
      ) : (
        <Answer
          key={chosen.id}
          home={home}
          entry={chosen}
          recipient={recipient}
          request={request.digest}
          onOther={() => setChosen(null)}
        />
      )}
    </Overlay>
  );
}

interface AnswerProps {
  readonly home: Home;
  readonly entry: ClipEntry;
  readonly recipient: Recipient | null;
  readonly request: Uint8Array;
  readonly onOther: () => void;
}

/** Watches a matching recording and, if wanted, leads into an ordinary consent. */
function Answer({ home, entry, recipient, request, onOther }: AnswerProps) {
  const { film, again } = useFilm(home, entry.id);
  const [step, setStep] = useState<FlowStep | "out">("out");
  const isOwner = home.standing.value === "owner";
  const failed = film.state.value === "failed";
  if (step !== "out" && recipient !== null) {
    return <ShareFlow home={home} film={film} recipient={recipient} request={request} step={step} onStep={setStep} />;
  }
  return (
    <div class="stack">
      {failed ? <FailureNotice error={film.failure.value} onRetry={again} /> : null}
      {failed && film.loaded.value === 0 ? null : <FilmView film={film} entry={entry} poster={null} />}
      <div class="button-row even">
        <Button onClick={onOther}>{words.requests.other}</Button>
        {isOwner && recipient !== null ? (
          <Button disabled={film.state.value !== "whole"} onClick={() => setStep("part")}>
            {words.requests.choose}
          </Button>
        ) : null}
      </div>
    </div>
  );
}
