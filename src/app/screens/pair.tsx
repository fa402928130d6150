import { useEffect, useState } from "preact/hooks";
import { OwnerError } from "../../owner/errors.ts";
import { toHex } from "../../protocol/bytes.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { decodePairingCode } from "../../protocol/pairing-handshake.ts";
import { sayFingerprint } from "../../say/texts.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { Ground } from "../ground/ground.ts";
import { AppError } from "../model/errors.ts";
import { pairPhone } from "../model/home.ts";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { Mark } from "../parts/mark.tsx";
import { PasteForm } from "../parts/paste-form.tsx";
import { Scanner } from "../parts/scanner.tsx";
import { useAction } from "../parts/use-action.ts";
import { words } from "../words.ts";
import { RestoreSheet } from "./backup.tsx";

interface PairScreenProps {
  readonly ground: Ground;
  /** From the address that was opened. */
  readonly code: string | null;
  readonly onPaired: (role: "owner" | "waiting") => void;
}

/** The text itself, or what follows the # of a link to the app. */
const codeIn = (text: string): string => text.trim().replace(/^https?:\/\/\S*#(?=doorward:)/, "");

export function PairScreen({ ground, code: fromAddress, onPaired }: PairScreenProps) {
  const [code, setCode] = useState(fromAddress);
  const [scanning, setScanning] = useState(false);
  const [pasting, setPasting] = useState(false);
  const [restoring, setRestoring] = useState(false);
  const action = useAction();

  useEffect(() => {
    if (fromAddress === null) return;
    action.clear();
    setCode(fromAddress);
  }, [fromAddress]);

  const take = (given: string): void => {
    setScanning(false);
    action.run(() => {
      decodePairingCode(ground.crypto, codeIn(given));
      setCode(codeIn(given));
      return Promise.resolve();
    });
  };
  const pair = (): void =>
    action.run(async () => {
      onPaired(await pairPhone(ground, code ?? "").catch(explainPairing));
    });

  return (
    <main class="lone pair">
      <div class="stack loose">
        <div class="stack">
          <Mark />
          <h1>{words.pair.title}</h1>
          <p class="muted">{words.pair.lead}</p>
        </div>
        {code === null ? (
          <div class="stack">
            <p>{words.pair.how}</p>
            <div class="button-row">
              <Button kind="primary" icon="qr" onClick={() => setScanning(true)}>
                {words.pair.scan}
              </Button>
              <Button icon="file" onClick={() => setPasting(true)}>
                {words.pair.paste}
              </Button>
            </div>
            <div>
              <Button kind="quiet" onClick={() => setRestoring(true)}>
                {words.backup.restore}
              </Button>
            </div>
            <p class="muted small">{words.pair.lostAll}</p>
            {pasting ? (
              <PasteForm id="code" label={words.pair.pasteLabel} button={words.pair.pasteButton} onText={take} />
            ) : null}
          </div>
        ) : (
          <Confirm
            ground={ground}
            code={code}
            busy={action.busy}
            onPair={pair}
            onOther={() => {
              action.clear();
              setCode(null);
            }}
          />
        )}
        <FailureNotice error={action.error} />
        {ground.identity.kind === "software" ? (
          <Notice tone="warn">
            <p>{words.pair.weakKeys}</p>
          </Notice>
        ) : null}
      </div>
      {restoring ? <RestoreSheet ground={ground} onClose={() => setRestoring(false)} /> : null}
      {scanning ? <Scanner title={words.scanner.title} onCode={take} onClose={() => setScanning(false)} /> : null}
    </main>
  );
}

interface ConfirmProps {
  readonly ground: Ground;
  readonly code: string;
  readonly busy: boolean;
  readonly onPair: () => void;
  readonly onOther: () => void;
}

function Confirm({ ground, code, busy, onPair, onOther }: ConfirmProps) {
  const key = keyIn(ground, code);
  if (key === null) {
    return (
      <div class="stack">
        <Notice tone="bad">
          <p>{words.pair.notACode}</p>
        </Notice>
        <Button onClick={onOther}>{words.pair.other}</Button>
      </div>
    );
  }
  return (
    <div class="stack card">
      <h2>{words.pair.confirmTitle}</h2>
      <p class="fingerprint">{sayFingerprint(toHex(key))}</p>
      <p class="muted small">{words.pair.confirmText}</p>
      <div class="button-row even">
        <Button onClick={onOther} disabled={busy}>
          {words.pair.other}
        </Button>
        <Button kind="primary" onClick={onPair} disabled={busy}>
          {busy ? words.pair.working : words.pair.confirm}
        </Button>
      </div>
    </div>
  );
}

function keyIn({ crypto }: Ground, code: string): Uint8Array | null {
  try {
    return decodePairingCode(crypto, code).deviceKey;
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** A doorbell whose window is closed lets nobody in, and answers nothing: to the phone both look alike. */
function explainPairing(error: unknown): never {
  if (error instanceof OwnerError && (error.code === "owner/broker-away" || error.code === "owner/no-answer")) {
    throw new AppError("app/no-pairing-window", "no doorbell answers to this code", { cause: error });
  }
  throw error;
}
