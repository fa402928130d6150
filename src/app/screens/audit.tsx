import { useEffect, useState } from "preact/hooks";
import type { AuditEntry } from "../../protocol/audit-chain.ts";
import { equalBytes, toHex } from "../../protocol/bytes.ts";
import { sayDuration } from "../../say/amounts.ts";
import { sayFingerprint } from "../../say/texts.ts";
import { Icon, type IconName } from "../../ui/icon.tsx";
import { Notice } from "../../ui/notice.tsx";
import { sayDate, sayDateTime } from "../../ui/say.ts";
import { type History, wholeAudit } from "../model/audit.ts";
import type { Home } from "../model/home.ts";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { Message } from "../parts/message.tsx";
import { ScreenHead } from "../parts/screen-head.tsx";
import { words } from "../words.ts";

const MS_PER_DAY = 86_400_000;

type Row = History["rows"][number];

/** What the doorbell did, newest first, after its chain has been checked here from the first entry on. */
export function AuditScreen({ home }: { readonly home: Home }) {
  const [view, setView] = useState<History | null>(null);
  const [error, setError] = useState<unknown>(null);
  const load = (): void => {
    setError(null);
    wholeAudit(home).then(setView, setError);
  };
  useEffect(load, []);
  return (
    <div class="stack loose">
      <ScreenHead title={words.audit.title} text={words.audit.lead} back={{ screen: "settings" }} />
      <FailureNotice error={error} onRetry={load} />
      {view === null && error === null ? <div class="spinner" role="status" aria-label={words.loading} /> : null}
      {view === null ? null : (
        <>
          <Verdict history={view} />
          {view.rows.length === 0 ? <Message icon="list" title={words.audit.empty} /> : null}
          <ol class="audit" reversed>
            {view.rows.toReversed().map((row) => (
              <AuditItem key={row.sequence} home={home} row={row} />
            ))}
          </ol>
        </>
      )}
    </div>
  );
}

function Verdict({ history: { verdict, sequence } }: { readonly history: History }) {
  const texts = { ok: words.audit.holds, broken: words.audit.broken, rewritten: words.audit.rewritten };
  return (
    <Notice tone={verdict === "ok" ? "good" : "bad"}>
      <p>{texts[verdict](sequence)}</p>
    </Notice>
  );
}

const icons: Readonly<Record<AuditEntry["kind"], IconName>> = {
  release: "share",
  pairing: "qr",
  household: "people",
  privacy: "eyeoff",
  config: "gear",
  revocation: "close",
  recovery: "people",
  "live-session": "camera",
};

function AuditItem({ home, row: { day, entry } }: { readonly home: Home; readonly row: Row }) {
  return (
    <li>
      <Icon name={entry === null ? "lock" : icons[entry.kind]} />
      <div>
        <p>{entry === null ? words.audit.closed : entryText(home, entry)}</p>
        <p class="muted small">{entry === null ? sayDate(day * MS_PER_DAY) : sayDateTime(entry.at * 1000)}</p>
      </div>
    </li>
  );
}

function entryText(home: Home, entry: AuditEntry): string {
  const { audit } = words;
  const member = (key: Uint8Array): string => {
    if (equalBytes(key, home.ground.identity.signer.publicKey)) return words.household.thisPhone;
    const hex = toHex(key);
    return home.names.of.value[hex] ?? sayFingerprint(hex.slice(0, 8));
  };
  switch (entry.kind) {
    case "release":
      return audit.release(sayFingerprint(toHex(entry.recipient).slice(0, 8)), audit.basis[entry.basis]);
    case "pairing":
      return audit.pairing(member(entry.member));
    case "household":
      return entry.role === "none"
        ? audit.removed(member(entry.member))
        : audit.household(member(entry.member), words.household.roles[entry.role], entry.quorum);
    case "privacy":
      return entry.on ? audit.privacyOn : audit.privacyOff;
    case "config":
      return audit.config(entry.settings.join(", "));
    case "revocation":
      return audit.revocation;
    case "recovery":
      return audit.recovery[entry.step](member(entry.member));
    case "live-session":
      return audit.live(member(entry.member), sayDuration(entry.seconds * 1000));
  }
}
