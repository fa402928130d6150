import { useEffect, useState } from "preact/hooks";
import { toHex } from "../../protocol/bytes.ts";
import { sayFingerprint } from "../../say/texts.ts";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Switch } from "../../ui/switch.tsx";
import type { Ground } from "../ground/ground.ts";
import { addPasskey, canHavePasskey, confirmPresence, dropPasskey, hasPasskey } from "../ground/passkey.ts";
import type { Home } from "../model/home.ts";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { ForgetSheet } from "../parts/forget-sheet.tsx";
import { useAction } from "../parts/use-action.ts";
import { hashOf } from "../router.ts";
import { words } from "../words.ts";
import { BackupSheet } from "./backup.tsx";
import { DoorbellSettings } from "./doorbell-settings.tsx";
import { Notifications } from "./notifications.tsx";
import { RequestsSettings } from "./requests-settings.tsx";

export function SettingsScreen({ home }: { readonly home: Home }) {
  return (
    <div class="stack loose">
      <h1>{words.settings.title}</h1>
      <Privacy home={home} />
      <Places home={home} />
      <DoorbellSettings home={home} />
      <Notifications home={home} />
      <RequestsSettings home={home} />
      <ThisPhone home={home} />
    </div>
  );
}

const places = [
  { screen: "household", icon: "people", title: words.household.title, text: words.settings.householdText },
  { screen: "recovery", icon: "lock", title: words.recovery.title, text: words.settings.recoveryText },
  { screen: "audit", icon: "list", title: words.audit.title, text: words.settings.auditText },
] as const;

function Places({ home }: { readonly home: Home }) {
  return (
    <nav class="card rows" aria-label={words.settings.title}>
      {places
        .filter(({ screen }) => screen === "household" || home.standing.value === "owner")
        .map(({ screen, icon, title, text }) => (
          <a key={screen} class="row-button" href={hashOf({ screen })}>
            <Icon name={icon} />
            <span class="row-text">
              <strong>{title}</strong>
              <span class="muted small">{text}</span>
            </span>
            <Icon name="forward" size={18} />
          </a>
        ))}
    </nav>
  );
}

function Privacy({ home }: { readonly home: Home }) {
  const action = useAction();
  const { status, standing } = home;
  const set = (on: boolean): void =>
    action.run(() =>
      home.ask(async (doorbell) => {
        await doorbell.ask("privacy", { on });
        await home.refresh(doorbell);
      }),
    );
  return (
    <section class="card">
      <Switch
        label={words.settings.privacy}
        hint={words.settings.privacyText}
        checked={status.value?.privacy === true}
        disabled={action.busy || status.value === null || standing.value !== "owner"}
        onChange={set}
      />
      <FailureNotice error={action.error} />
    </section>
  );
}

function ThisPhone({ home }: { readonly home: Home }) {
  const [persisted, setPersisted] = useState<boolean | null>(null);
  const [forgetting, setForgetting] = useState(false);
  const [backingUp, setBackingUp] = useState(false);
  const { identity } = home.ground;
  useEffect(() => {
    void navigator.storage?.persisted?.().then(setPersisted);
  }, []);
  return (
    <section class="stack" aria-labelledby="this-phone">
      <h2 id="this-phone">{words.settings.thisPhone}</h2>
      <div class="card stack">
        <div class="stack tight">
          <p class="muted small">{words.pair.yourFingerprint}</p>
          <p class="fingerprint">{sayFingerprint(toHex(identity.signer.publicKey))}</p>
        </div>
        <p class="small">{identity.kind === "engine" ? words.settings.keyEngine : words.settings.keySoftware}</p>
        {persisted === null ? null : (
          <p class="small muted">{persisted ? words.settings.kept : words.settings.notKept}</p>
        )}
        <PasskeySwitch ground={home.ground} />
        <div class="button-row">
          <Button onClick={() => setBackingUp(true)}>{words.backup.title}</Button>
          <Button kind="danger" onClick={() => setForgetting(true)}>
            {words.settings.forget}
          </Button>
        </div>
      </div>
      {backingUp ? <BackupSheet ground={home.ground} onClose={() => setBackingUp(false)} /> : null}
      {forgetting ? <ForgetSheet home={home} onClose={() => setForgetting(false)} /> : null}
    </section>
  );
}

function PasskeySwitch({ ground }: { readonly ground: Ground }) {
  const [isOn, setOn] = useState(false);
  const action = useAction();
  useEffect(() => void hasPasskey(ground).then(setOn), []);
  const set = (on: boolean): void =>
    action.run(async () => {
      if (on) await addPasskey(ground, words.passkey);
      else {
        await confirmPresence(ground); // whoever picked up the phone may not switch it off either
        await dropPasskey(ground);
      }
      setOn(on);
    });
  return (
    <div>
      <Switch
        label={words.passkey.title}
        hint={canHavePasskey() ? words.passkey.text : words.passkey.none}
        checked={isOn}
        disabled={action.busy || !canHavePasskey()}
        onChange={set}
      />
      <FailureNotice error={action.error} />
    </div>
  );
}
