import { useEffect, useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Switch } from "../../ui/switch.tsx";
import { allowNotifications, canWebPush, type PushWay, pushWay, setPushWay } from "../ground/push.ts";
import type { Home } from "../model/home.ts";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { useAction } from "../parts/use-action.ts";
import { words } from "../words.ts";

/** How the phone is woken when the app is closed. */
export function Notifications({ home }: { readonly home: Home }) {
  const [way, setWay] = useState<PushWay>({ kind: "none" });
  const [endpoint, setEndpoint] = useState("");
  const action = useAction();
  useEffect(() => {
    void pushWay(home.ground).then((known) => {
      setWay(known);
      if (known.kind === "plain") setEndpoint(known.endpoint);
    });
  }, []);
  const set = (wanted: PushWay): void =>
    action.run(async () => {
      if (wanted.kind === "web-push") await allowNotifications();
      await home.ask((doorbell) => setPushWay(home.ground, doorbell, wanted));
      setWay(wanted);
    });
  // Until the doorbell is reached nobody knows; asked for what it does not do it says nothing, and takes long over it.
  const isOff = home.settings.value?.push === false;
  const isPlainUrl = /^https?:\/\/\S+$/.test(endpoint.trim());
  return (
    <section class="stack" aria-labelledby="notifications">
      <h2 id="notifications">{words.push.title}</h2>
      <div class="card stack">
        {isOff ? <p>{words.push.off}</p> : null}
        <Switch
          label={words.push.ring}
          hint={canWebPush() ? words.push.ringText : words.push.noWebPush}
          checked={way.kind === "web-push"}
          disabled={action.busy || isOff || !canWebPush()}
          onChange={(on) => set(on ? { kind: "web-push", daily: false } : { kind: "none" })}
        />
        <Switch
          label={words.push.daily}
          hint={words.push.dailyText}
          checked={way.kind !== "none" && way.daily}
          disabled={action.busy || isOff || way.kind === "none"}
          onChange={(daily) => way.kind !== "none" && set({ ...way, daily })}
        />
        <details>
          <summary>{words.push.other}</summary>
          <form
            class="stack"
            onSubmit={(event) => {
              event.preventDefault();
              set({ kind: "plain", endpoint: endpoint.trim(), daily: way.kind !== "none" && way.daily });
            }}
          >
            <p class="muted small">{words.push.otherText}</p>
            <div class="field">
              <label for="endpoint">{words.push.endpoint}</label>
              <input
                id="endpoint"
                class="input mono small"
                inputMode="url"
                autocomplete="off"
                spellcheck={false}
                value={endpoint}
                onInput={({ currentTarget }) => setEndpoint(currentTarget.value)}
              />
            </div>
            <button type="submit" class="button plain" disabled={action.busy || isOff || !isPlainUrl}>
              {way.kind === "plain" ? words.push.endpointChange : words.push.endpointUse}
            </button>
            {way.kind === "plain" ? (
              <Button kind="quiet" disabled={action.busy || isOff} onClick={() => set({ kind: "none" })}>
                {words.push.endpointStop}
              </Button>
            ) : null}
          </form>
        </details>
        <FailureNotice error={action.error} />
      </div>
    </section>
  );
}
