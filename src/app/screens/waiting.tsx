import { useState } from "preact/hooks";
import { toHex } from "../../protocol/bytes.ts";
import { sayFingerprint } from "../../say/texts.ts";
import { Button } from "../../ui/button.tsx";
import type { Home } from "../model/home.ts";
import { ClaimByWords } from "../parts/claim-by-words.tsx";
import { ConnectionNotice } from "../parts/connection-notice.tsx";
import { ForgetSheet } from "../parts/forget-sheet.tsx";
import { Mark } from "../parts/mark.tsx";
import { words } from "../words.ts";

/** Paired, and no owner has let this phone in yet. */
export function WaitingScreen({ home }: { readonly home: Home }) {
  const [forgetting, setForgetting] = useState(false);
  const obstacle = home.link.obstacle.value;
  return (
    <main class="lone">
      <div class="stack loose">
        <Mark />
        <div class="stack">
          <h1>{obstacle === "refused" ? words.pair.notWaitingTitle : words.pair.waitingTitle}</h1>
          {obstacle === "refused" ? null : <p class="muted">{words.pair.waitingText}</p>}
        </div>
        {obstacle === null ? null : (
          <ConnectionNotice link={home.link} obstacle={obstacle} text={words.pair.obstacles[obstacle]} />
        )}
        <div class="card stack tight">
          <p class="muted small">{words.pair.yourFingerprint}</p>
          <p class="fingerprint">{sayFingerprint(toHex(home.ground.identity.signer.publicKey))}</p>
        </div>
        {obstacle === null ? <Button onClick={() => home.link.retryNow()}>{words.retry}</Button> : null}
        <ClaimByWords ground={home.ground} />
        <Button kind="quiet" onClick={() => setForgetting(true)}>
          {words.settings.forget}
        </Button>
      </div>
      {forgetting ? <ForgetSheet home={home} onClose={() => setForgetting(false)} /> : null}
    </main>
  );
}
