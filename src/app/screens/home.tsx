import { sayBytes, sayDuration } from "../../say/amounts.ts";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Notice } from "../../ui/notice.tsx";
import { sayAgo, sayDay, sayTime } from "../../ui/say.ts";
import { type ClipEntry, momentOf } from "../model/clip-entry.ts";
import type { DoorbellStatus, Home } from "../model/home.ts";
import { recoveryAsked } from "../model/recovery.ts";
import type { KnownShare } from "../model/share-book.ts";
import { ClipRow } from "../parts/clip-row.tsx";
import { FailureNotice } from "../parts/failure-notice.tsx";
import { Message } from "../parts/message.tsx";
import { useCountdown, useNow } from "../parts/now.ts";
import { Still } from "../parts/still.tsx";
import { useAction } from "../parts/use-action.ts";
import { useClockWatch } from "../parts/use-clock-watch.ts";
import { useFreshShares } from "../parts/use-fresh-shares.ts";
import { go, hashOf } from "../router.ts";
import { words } from "../words.ts";
import { RequestsSection } from "./requests.tsx";

const LATEST = 5;
const MINUTE_MS = 60_000;

export function HomeScreen({ home }: { readonly home: Home }) {
  const entries = home.clips.entries.value;
  const lastRing = entries.find(({ trigger }) => trigger === "ring");
  const leaving = home.shares.list.value.find(({ state }) => state === "undo-window");
  const status = home.status.value;
  useFreshShares(home);
  useClockWatch(home);
  const isOnline = home.link.connection.value === "online";
  return (
    <div class="stack loose">
      <header class="stack tight">
        <h1>{status?.name ?? words.home.title}</h1>
        <CameraLine home={home} />
        {status?.camera === "on" && isOnline ? (
          <div>
            <Button icon="camera" onClick={() => home.watch(true)}>
              {words.home.watchLive}
            </Button>
          </div>
        ) : null}
      </header>
      {leaving === undefined ? null : <Leaving share={leaving} />}
      <AskedOfYou home={home} />
      {status === null || !isOnline ? null : <Health home={home} status={status} />}
      {lastRing === undefined ? null : <LastRing home={home} entry={lastRing} />}
      {home.clips.loaded.value && entries.length === 0 ? (
        <Message icon="bell" title={words.home.quiet} text={words.home.quietText} />
      ) : null}
      {entries.length === 0 ? null : (
        <section class="stack" aria-labelledby="latest">
          <div class="section-head">
            <h2 id="latest">{words.home.latest}</h2>
            <a class="more" href={hashOf({ screen: "timeline" })}>
              {words.home.all}
              <Icon name="forward" size={18} />
            </a>
          </div>
          <ul class="clip-list">
            {entries.slice(0, LATEST).map((entry) => (
              <li key={entry.id}>
                <ClipRow home={home} entry={entry} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <RequestsSection home={home} />
      {status === null ? null : <Storage status={status} />}
    </div>
  );
}

function CameraLine({ home }: { readonly home: Home }) {
  const status = home.status.value;
  const connection = home.link.connection.value;
  // What the camera did before the connection was lost says nothing about now.
  if (status === null || connection !== "online") {
    return (
      <p class="camera-line muted">
        <span class="lamp off" />
        {words.connection[connection]}
      </p>
    );
  }
  const isOn = status.camera === "on";
  const text = { on: words.home.cameraOn, lost: words.home.cameraLost, privacy: words.home.cameraPrivacy };
  return (
    <p class="camera-line muted">
      <span class={`lamp ${isOn ? "on" : "off"} ${home.recording.value ? "recording" : ""}`} />
      {home.recording.value ? words.home.recordingNow : text[status.camera]}
    </p>
  );
}

function Health({ home, status }: { readonly home: Home; readonly status: DoorbellStatus }) {
  const action = useAction();
  const endPrivacy = (): void =>
    action.run(() =>
      home.ask(async (doorbell) => {
        await doorbell.ask("privacy", { on: false });
        await home.refresh(doorbell);
      }),
    );
  return (
    <>
      {status.camera === "lost" ? (
        <Notice tone="warn">
          <p>
            <strong>{words.home.cameraLost}.</strong> {words.home.cameraLostText}
          </p>
        </Notice>
      ) : null}
      {status.privacy ? (
        <Notice>
          <p>
            <strong>{words.home.cameraPrivacy}.</strong> {words.home.cameraPrivacyText}
          </p>
          {home.standing.value === "owner" ? (
            <div>
              <Button onClick={endPrivacy} disabled={action.busy}>
                {words.home.privacyOff}
              </Button>
            </div>
          ) : null}
        </Notice>
      ) : null}
      {status.clockSynced ? null : (
        <Notice tone="warn">
          <p>{words.home.clockUnset}</p>
        </Notice>
      )}
      {home.clocksDiffer.value ? (
        <Notice tone="warn">
          <p>
            <strong>{words.home.clocksDiffer}.</strong> {words.home.clocksDifferText}
          </p>
        </Notice>
      ) : null}
      <FailureNotice error={action.error} />
    </>
  );
}

function Leaving({ share }: { readonly share: KnownShare }) {
  const left = useCountdown(share.leavesAt);
  return (
    <Notice tone="good">
      <p>
        <strong>{words.home.pendingShare}.</strong> {words.home.pendingShareText(sayDuration(left))}
      </p>
      <div>
        <Button onClick={() => go({ screen: "shares" })}>{words.home.look}</Button>
      </div>
    </Notice>
  );
}

/** What another owner has begun and cannot do alone. */
function AskedOfYou({ home }: { readonly home: Home }) {
  if (home.standing.value !== "owner") return null;
  const shareWaits = home.shares.list.value.some(({ state, note }) => state === "waiting" && note === null);
  const wordsWait = recoveryAsked(home).length > 0;
  const asked = [
    shareWaits ? ({ text: words.home.shareAsked, screen: "shares" } as const) : null,
    wordsWait ? ({ text: words.recovery.askedHome, screen: "recovery" } as const) : null,
  ];
  return asked.map((each) =>
    each === null ? null : (
      <Notice key={each.screen}>
        <p>{each.text}</p>
        <div>
          <Button onClick={() => go({ screen: each.screen })}>{words.home.look}</Button>
        </div>
      </Notice>
    ),
  );
}

function LastRing({ home, entry }: { readonly home: Home; readonly entry: ClipEntry }) {
  const now = useNow(MINUTE_MS / 2);
  const at = momentOf(entry);
  return (
    <a class="hero" href={hashOf({ screen: "clip", clip: entry.id })}>
      <Still home={home} entry={entry} />
      <span class="hero-text">
        <span class="hero-title">
          <Icon name="bell" size={20} />
          {words.home.lastRing}
        </span>
        <span>
          {sayDay(at, now)}, {sayTime(at)} · {sayAgo(at, now)}
        </span>
      </span>
    </a>
  );
}

function Storage({ status }: { readonly status: DoorbellStatus }) {
  const { clips, bytes, quotaBytes, retentionDays } = status;
  return (
    <section class="stack tight storage small muted">
      <progress
        class="progress"
        value={bytes}
        max={Math.max(quotaBytes, 1)}
        aria-label={words.home.storage(sayBytes(bytes), sayBytes(quotaBytes))}
      />
      <p>
        {words.home.clips(clips)} · {words.home.storage(sayBytes(bytes), sayBytes(quotaBytes))} ·{" "}
        {words.home.keptFor(retentionDays)}
      </p>
    </section>
  );
}
