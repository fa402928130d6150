import { useEffect, useState } from "preact/hooks";
import { sayDuration } from "../../say/amounts.ts";
import { Button } from "../../ui/button.tsx";
import { QrCode } from "../../ui/qr-code.tsx";
import { Sheet } from "../../ui/sheet.tsx";
import type { Home } from "../model/home.ts";
import { words } from "../words.ts";
import { FailureNotice } from "./failure-notice.tsx";
import { useCountdown } from "./now.ts";

interface InvitationProps {
  readonly home: Home;
  readonly onClose: () => void;
}

interface OpenWindow {
  readonly text: string;
  /** Of `performance.now()`. */
  readonly closesAt: number;
}

/** A code for one more phone, face to face: whoever sees it while it is good can ask to be let in. */
export function Invitation({ home, onClose }: InvitationProps) {
  const [open, setOpen] = useState<OpenWindow | null>(null);
  const [error, setError] = useState<unknown>(null);
  const invite = (): void => {
    setError(null);
    home
      .ask(async (doorbell) => (await doorbell.ask("invite", {})).result)
      .then(({ qr, closesAfterMs }) => setOpen({ text: qr, closesAt: performance.now() + closesAfterMs }), setError);
  };
  useEffect(invite, []);
  const left = useCountdown(open?.closesAt ?? null);
  const link = open === null ? "" : `${location.origin}${location.pathname}#${open.text}`;
  return (
    <Sheet title={words.household.invite} onClose={onClose}>
      <FailureNotice error={error} onRetry={invite} />
      {open === null && error === null ? <div class="spinner" role="status" aria-label={words.loading} /> : null}
      {open === null ? null : left === 0 ? (
        <>
          <p>{words.household.inviteOver}</p>
          <Button onClick={invite}>{words.retry}</Button>
        </>
      ) : (
        <>
          <QrCode text={link} label={words.household.inviteQr} />
          <p>{words.household.inviteText}</p>
          <p class="muted small" role="timer">
            {words.household.inviteLeft(sayDuration(left))}
          </p>
          <details>
            <summary>{words.household.inviteAsText}</summary>
            <p class="mono small breakable">{open.text}</p>
          </details>
        </>
      )}
      <Button kind="quiet" onClick={onClose}>
        {words.close}
      </Button>
    </Sheet>
  );
}
