import { useEffect } from "preact/hooks";
import type { Home } from "../model/home.ts";

const LOOK_EVERY_MS = 15_000;

/** Asks a doorbell that does not know the time again and again: it says nothing when it has learned it. */
export function useClockWatch(home: Home): void {
  const isUnset = home.status.value?.clockSynced === false && home.link.connection.value === "online";
  useEffect(() => {
    if (!isUnset) return;
    const look = (): void => void home.ask((doorbell) => home.refresh(doorbell)).catch(() => undefined);
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isUnset]);
}
