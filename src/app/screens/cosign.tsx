import { useEffect, useState } from "preact/hooks";
import { OwnerError } from "../../owner/errors.ts";
import { type ConsentSubmission, coSign, readWaitingConsent } from "../../owner/make-consent.ts";
import { equalBytes, fromHex, toHex } from "../../protocol/bytes.ts";
import { LANES } from "../../protocol/clip-keys.ts";
import type { Consent } from "../../protocol/statements/consent.ts";
import { sayForeign } from "../../say/texts.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { useObjectUrl } from "../../ui/object-url.ts";
import { sayDateTime } from "../../ui/say.ts";
import { confirmPresence } from "../ground/passkey.ts";
import { AppError } from "../model/errors.ts";
import type { Film } from "../model/film.ts";
import type { Home } from "../model/home.ts";
import { type Recipient, recipientOf } from "../model/recipient.ts";
import type { ShareNote } from "../model/share-book.ts";
import { expectClock, submitConsent } from "../model/submit-consent.ts";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { Overlay } from "../parts/overlay.tsx";
import { useAction } from "../parts/use-action.ts";
import { useFilm } from "../parts/use-film.ts";
import { words } from "../words.ts";
import { RecipientCard } from "./share-recipient.tsx";

interface CosignProps {
  readonly home: Home;
  /** Hex. */
  readonly token: string;
  readonly onClose: () => void;
}

interface Waiting {
  readonly submission: ConsentSubmission;
  readonly consent: Consent;
  readonly recipient: Recipient;
}

/** A share that another owner began: the same film and the same words, before a second signature. */
export function Cosign({ home, token, onClose }: CosignProps) {
  const [waiting, setWaiting] = useState<Waiting | null>(null);
  const reading = useAction();
  const read = (): void =>
    reading.run(async () => {
      const { crypto } = home.ground;
      const asked = { deviceKey: await home.deviceKey(), token: fromHex(token) };
      const submission = await home.ask((doorbell) => doorbell.waitingConsent(asked.token));
      const { consent } = readWaitingConsent(crypto, submission, asked);
      const recipient = recipientOf(crypto, submission.card);
      if (recipient !== null) setWaiting({ submission, consent, recipient });
    });
  useEffect(read, [token]);
  return (
    <Overlay title={words.share.checkTitle} onClose={onClose}>
      <FailureNotice error={reading.error} onRetry={read} />
      {waiting === null ? null : <Signing home={home} token={token} waiting={waiting} onClose={onClose} />}
    </Overlay>
  );
}

interface SigningProps extends CosignProps {
  readonly waiting: Waiting;
}

/** Nobody signs here what they could not look at. */
function Signing({ home, token, waiting, onClose }: SigningProps) {
  const { film, again } = useFilm(home, toHex(waiting.consent.clip));
  const action = useAction();
  const sign = (): void =>
    action.run(async () => {
      const { crypto, identity } = home.ground;
      await home.ask((doorbell) => expectClock(home, doorbell));
      await confirmPresence(home.ground);
      const signed = await coSign(crypto, identity.signer, waiting.submission);
      const missing = missingOf(home, token);
      const submit = () => home.ask((doorbell) => doorbell.submit(signed));
      const outcome = await submitConsent(home, submit, () => missingOf(home, token) < missing);
      if (outcome === "unknown") throw new AppError("app/consent-unknown", "no answer to the consent");
      await home.shares.add(noteOf(token, waiting, film)).catch(() => undefined);
      await home.refreshShares().catch(() => undefined);
      onClose();
    });
  return (
    <div class="stack">
      <FailureNotice error={action.error} />
      <Preview film={film} consent={waiting.consent} onRetry={again} />
      <RecipientCard recipient={waiting.recipient} />
      <Rows waiting={waiting} />
      <div class="button-row even">
        <Button onClick={onClose} disabled={action.busy}>
          {words.share.no}
        </Button>
        <Button onClick={sign} disabled={action.busy || !isFilmOf(film, waiting.consent)}>
          {words.shares.signToo}
        </Button>
      </div>
    </div>
  );
}

/** How many owners have yet to sign; none once it no longer waits. */
function missingOf(home: Home, token: string): number {
  const share = home.shares.list.value.find((each) => each.token === token);
  return share?.state === "waiting" ? share.missingSigners : 0;
}

const hasSound = ({ lanes }: Consent): boolean => lanes.some(({ lane }) => lane === LANES.audio);

function noteOf(token: string, { consent, recipient, submission }: Waiting, film: Film): ShareNote {
  const { video } = film.times;
  const { first, end } = consent.lanes.find(({ lane }) => lane === LANES.video) ?? { first: 1, end: 1 };
  return {
    token,
    clip: film.id,
    recipient: recipient.name,
    recipientDigest: recipient.digest,
    fromSeconds: (video[first - 1]?.startMs ?? 0) / 1000,
    toSeconds: (video[end - 2]?.endMs ?? 0) / 1000,
    sound: hasSound(consent),
    purpose: submission.purpose,
    expires: consent.expires,
  };
}

function Rows({ waiting: { consent, submission } }: { readonly waiting: Waiting }) {
  const { share } = words;
  const basis = { own: share.basisOwn, voluntary: share.basisAnswer, compelled: share.basisCompelled };
  const rows: readonly (readonly [string, string])[] = [
    [share.rowSound, hasSound(consent) ? share.soundGoes : share.soundStays],
    [share.rowAbout, submission.facts === null ? share.aboutNothing : words.shares.aboutSealed],
    [share.rowPurpose, sayForeign(submission.purpose) || share.purposeNone],
    [share.basis, basis[consent.basis]],
    [share.rowUntil, sayDateTime(consent.expires * 1000)],
  ];
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

/** What would be signed names a manifest; another version of the clip is not what is asked. */
const isFilmOf = (film: Film, consent: Consent): boolean =>
  film.state.value === "whole" && equalBytes(film.clip.manifestDigest, consent.manifest);

interface PreviewProps {
  readonly film: Film;
  readonly consent: Consent;
  readonly onRetry: () => void;
}

function Preview({ film, consent, onRetry }: PreviewProps) {
  const failure = film.failure.value;
  if (failure instanceof OwnerError && failure.code === "owner/no-key") {
    return (
      <Notice tone="warn">
        <p>{words.shares.cannotLook}</p>
      </Notice>
    );
  }
  if (film.state.value === "failed") return <FailureNotice error={failure} onRetry={onRetry} />;
  if (film.state.value === "loading") return <p role="status">{words.share.filmLoading}</p>;
  if (isFilmOf(film, consent)) return <PreviewFilm film={film} consent={consent} />;
  return (
    <Notice tone="bad">
      <p>{words.failures["owner/mixed-consent"]}</p>
    </Notice>
  );
}

function PreviewFilm({ film, consent }: { readonly film: Film; readonly consent: Consent }) {
  const [mp4] = useState(() => film.mp4(consent.lanes));
  const url = useObjectUrl(mp4, "video/mp4");
  return (
    // biome-ignore lint/a11y/useMediaCaption: a doorbell's sound has no captions.
    <video class="film-picture" controls playsInline src={url ?? undefined} aria-label={words.share.preview} />
  );
}
