import { useState } from "preact/hooks";
import { makeRevocation } from "../../owner/make-consent.ts";
import { fromHex } from "../../protocol/bytes.ts";
import { sayDuration } from "../../say/amounts.ts";
import { sayForeign } from "../../say/texts.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { sayDateTime } from "../../ui/say.ts";
import type { Home } from "../model/home.ts";
import type { KnownShare } from "../model/share-book.ts";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { Message } from "../parts/message.tsx";
import { useCountdown } from "../parts/now.ts";
import { useAction } from "../parts/use-action.ts";
import { useFreshShares } from "../parts/use-fresh-shares.ts";
import { words } from "../words.ts";
import { Cosign } from "./cosign.tsx";

export function SharesScreen({ home }: { readonly home: Home }) {
  const shares = home.shares.list.value;
  const action = useAction();
  const [cosigning, setCosigning] = useState<string | null>(null);
  const [said, setSaid] = useState<Said | null>(null);
  useFreshShares(home);
  const revoke = (share: KnownShare): void =>
    action.run(async () => {
      setSaid(null);
      const { crypto, identity } = home.ground;
      const revocation = await makeRevocation(crypto, identity.signer, await home.deviceKey(), fromHex(share.token));
      await home.ask((doorbell) => doorbell.revoke(revocation));
      // It may have left while this was on its way: what the doorbell says now counts.
      await home.refreshShares();
      const state = home.shares.list.value.find(({ token }) => token === share.token)?.state ?? null;
      setSaid(saidAfter(state));
      if (state === null) await home.shares.drop(share.token).catch(() => undefined);
    });
  return (
    <div class="stack loose">
      <header class="stack tight">
        <h1>{words.shares.title}</h1>
        <p class="muted">{words.shares.lead}</p>
      </header>
      {said === null ? null : (
        <Notice tone={said.tone}>
          <p>{said.text}</p>
        </Notice>
      )}
      <FailureNotice error={action.error} />
      {shares.length === 0 ? (
        <Message icon="share" title={words.shares.empty} text={words.shares.emptyText} />
      ) : (
        <ul class="stack">
          {shares.map((share) => (
            <li key={share.token}>
              <ShareCard
                share={share}
                busy={action.busy}
                onRevoke={() => revoke(share)}
                onCosign={share.state === "waiting" && share.note === null ? () => setCosigning(share.token) : null}
              />
            </li>
          ))}
        </ul>
      )}
      {cosigning === null ? null : <Cosign home={home} token={cosigning} onClose={() => setCosigning(null)} />}
    </div>
  );
}

/** @param state - After the revocation; null: the doorbell has nothing of it left. */
function saidAfter(state: KnownShare["state"] | null): Said {
  if (state === null) return { tone: "good", text: words.shares.undone };
  if (state === "delivered") return { tone: "warn", text: words.shares.tooLate };
  return { tone: "good", text: words.shares.revokedNow };
}

interface Said {
  readonly tone: "good" | "warn";
  readonly text: string;
}

interface ShareCardProps {
  readonly share: KnownShare;
  readonly busy: boolean;
  readonly onRevoke: () => void;
  /** Null where there is nothing for this owner to sign. */
  readonly onCosign: (() => void) | null;
}

function ShareCard({ share, busy, onRevoke, onCosign }: ShareCardProps) {
  const { state, note } = share;
  return (
    <article class="card stack">
      <div class="stack tight">
        <h2>{note === null ? words.shares.otherPhone : words.shares.to(sayForeign(note.recipient))}</h2>
        {note === null ? null : (
          <p class="muted small">
            {words.shares.part(note.fromSeconds.toFixed(1), note.toSeconds.toFixed(1))},{" "}
            {note.sound ? words.shares.withSound : words.shares.withoutSound} ·{" "}
            {words.shares.validUntil(sayDateTime(note.expires * 1000))}
          </p>
        )}
      </div>
      <ShareStatus share={share} />
      {state === "undo-window" || state === "waiting" ? (
        <div class="button-row">
          {onCosign === null ? null : <Button onClick={onCosign}>{words.shares.cosign}</Button>}
          <Button kind={onCosign === null ? "primary" : "plain"} onClick={onRevoke} disabled={busy}>
            {words.shares.undo}
          </Button>
        </div>
      ) : null}
      {state === "delivering" ? (
        <div>
          <Button onClick={onRevoke} disabled={busy}>
            {words.shares.revoke}
          </Button>
        </div>
      ) : null}
    </article>
  );
}

function ShareStatus({ share }: { readonly share: KnownShare }) {
  const left = useCountdown(share.leavesAt);
  switch (share.state) {
    case "undo-window":
      return (
        <p class="countdown">
          <span>{words.shares.undoWindow}</span>
          <strong role="timer">{sayDuration(left)}</strong>
        </p>
      );
    case "waiting":
      return <p>{words.shares.waiting(share.missingSigners)}</p>;
    case "delivering":
      return <p>{words.shares.delivering}</p>;
    case "delivered":
      return (
        <div class="stack tight">
          <p>
            <span class="tag good">{words.shares.delivered}</span>
          </p>
          <p class="muted small">{words.shares.deliveredText}</p>
        </div>
      );
    case "revoked":
      return <p class="muted">{words.shares.revoked}</p>;
    case "unanswered":
      return <p>{words.shares.unanswered}</p>;
    case "not-taken":
      return <p>{words.shares.notTaken}</p>;
    case "void":
      return <p class="muted">{words.shares.void}</p>;
  }
}
