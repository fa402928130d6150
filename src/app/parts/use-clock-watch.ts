import { useEffect } from "preact/hooks";
import type { Home } from "../model/home.ts";

const LOOK_EVERY_MS = 15_000;

/** Asks a doorbell that does not know the time, or another one than this phone, again and again: it says nothing when it has learned it. */
export function useClockWatch(home: Home): void {
  const isWrong = home.status.value?.clockSynced === false || home.clocksDiffer.value;
  const isWatched = isWrong && home.link.connection.value === "online";
  useEffect(() => {
    if (!isWatched) return;
    const look = (): void => void home.ask((doorbell) => home.refresh(doorbell)).catch(() => undefined);
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isWatched]);
}
