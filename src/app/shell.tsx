import { useComputed } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { Notice } from "../ui/notice.tsx";
import { Sheet } from "../ui/sheet.tsx";
import type { Home } from "./model/home.ts";
import { ClaimBanner } from "./parts/claim-banner.tsx";
import { ConnectionNotice } from "./parts/connection-notice.tsx";
import { Mark } from "./parts/mark.tsx";
import { hashOf, type Route, route } from "./router.ts";
import { AuditScreen } from "./screens/audit.tsx";
import { ClipScreen } from "./screens/clip.tsx";
import { HomeScreen } from "./screens/home.tsx";
import { HouseholdScreen } from "./screens/household.tsx";
import { LiveScreen } from "./screens/live.tsx";
import { RecoveryScreen } from "./screens/recovery.tsx";
import { RingScreen } from "./screens/ring.tsx";
import { SettingsScreen } from "./screens/settings.tsx";
import { ShareScreen } from "./screens/share.tsx";
import { SharesScreen } from "./screens/shares.tsx";
import { TimelineScreen } from "./screens/timeline.tsx";
import { WaitingScreen } from "./screens/waiting.tsx";
import { updateWaiting, useUpdate } from "./start-worker.ts";
import { words } from "./words.ts";

const titles: Readonly<Record<Route["screen"], string>> = {
  home: words.nav.home,
  timeline: words.timeline.title,
  clip: words.tag.unknown,
  share: words.share.title,
  shares: words.shares.title,
  settings: words.settings.title,
  household: words.household.title,
  audit: words.audit.title,
  recovery: words.recovery.title,
};

/** As a browser does for a new page: the window says which one it is, and the keyboard and reading begin at its top. */
function useScreenChange(): void {
  const at = hashOf(route.value);
  const shown = useRef(at);
  useEffect(() => {
    document.title = `${titles[route.value.screen]} · ${words.appName}`;
    if (shown.current === at) return;
    shown.current = at;
    document.getElementById("main")?.focus({ preventScroll: true });
  }, [at]);
}

interface ShellProps {
  readonly home: Home;
  /** A pairing link was opened although this app has a doorbell. */
  readonly hasOtherCode: boolean;
  readonly onCodeSeen: () => void;
}

const places: readonly { readonly screen: "home" | "timeline" | "shares" | "settings"; readonly icon: IconName }[] = [
  { screen: "home", icon: "home" },
  { screen: "timeline", icon: "timeline" },
  { screen: "shares", icon: "share" },
  { screen: "settings", icon: "gear" },
];

const placeOf = ({ screen }: Route): string => {
  if (screen === "clip") return "timeline";
  if (screen === "share") return "shares";
  return screen === "household" || screen === "audit" || screen === "recovery" ? "settings" : screen;
};

export function Shell({ home, hasOtherCode, onCodeSeen }: ShellProps) {
  useScreenChange();
  if (home.standing.value === "waiting") return <WaitingScreen home={home} />;
  const ring = home.ring.value;
  return (
    <div class="shell">
      <button type="button" class="skip button primary" onClick={() => document.getElementById("main")?.focus()}>
        {words.skip}
      </button>
      <Navigation home={home} />
      <main id="main" class="main" tabIndex={-1}>
        <Banners home={home} />
        <Screen home={home} />
      </main>
      {home.watching.value ? <LiveScreen home={home} /> : null}
      {ring === null ? null : <RingScreen key={ring.atMs} home={home} ring={ring} />}
      {hasOtherCode ? (
        <Sheet title={words.pair.already} onClose={onCodeSeen}>
          <p>{words.pair.alreadyText}</p>
          <Button onClick={onCodeSeen}>{words.close}</Button>
        </Sheet>
      ) : null}
    </div>
  );
}

function Navigation({ home }: { readonly home: Home }) {
  const place = placeOf(route.value);
  const leaving = useComputed(() => home.shares.list.value.some(({ state }) => state === "undo-window"));
  return (
    <nav class="nav" aria-label={words.appName}>
      <div class="nav-mark">
        <Mark size={32} />
        <span>{words.appName}</span>
      </div>
      <ul>
        {places.map(({ screen, icon }) => (
          <li key={screen}>
            <a href={hashOf({ screen })} aria-current={place === screen ? "page" : undefined}>
              <Icon name={icon} />
              <span>{words.nav[screen]}</span>
              {screen === "shares" && leaving.value ? <span class="dot" /> : null}
            </a>
          </li>
        ))}
      </ul>
      <p class={`connection ${home.link.connection.value}`} role="status">
        {words.connection[home.link.connection.value]}
      </p>
    </nav>
  );
}

function Banners({ home }: { readonly home: Home }) {
  const connection = home.link.connection.value;
  return (
    <>
      <ClaimBanner home={home} />
      {updateWaiting.value === null ? null : (
        <Notice>
          <p>{words.ground.stale}</p>
          <div>
            <Button kind="quiet" onClick={useUpdate}>
              {words.ground.update}
            </Button>
          </div>
        </Notice>
      )}
      {connection === "elsewhere" ? (
        <Notice>
          <p>
            <strong>{words.connection.elsewhere}.</strong> {words.connection.elsewhereText}
          </p>
          <div>
            <Button kind="quiet" onClick={() => home.link.takeOver()}>
              {words.connection.useHere}
            </Button>
          </div>
        </Notice>
      ) : null}
      {connection === "away" || connection === "refused" || connection === "full" ? (
        <ConnectionNotice link={home.link} obstacle={connection} text={words.connection[`${connection}Text`]} />
      ) : null}
    </>
  );
}

function Screen({ home }: { readonly home: Home }) {
  const at = route.value;
  switch (at.screen) {
    case "home":
      return <HomeScreen home={home} />;
    case "timeline":
      return <TimelineScreen home={home} />;
    case "clip":
      return <ClipScreen key={at.clip} home={home} id={at.clip} />;
    case "share":
      return <ShareScreen key={at.clip} home={home} id={at.clip} />;
    case "shares":
      return <SharesScreen home={home} />;
    case "settings":
      return <SettingsScreen home={home} />;
    case "household":
      return <HouseholdScreen home={home} />;
    case "audit":
      return <AuditScreen home={home} />;
    case "recovery":
      return <RecoveryScreen home={home} />;
  }
}
