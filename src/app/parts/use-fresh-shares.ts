import { useEffect } from "preact/hooks";
import type { Home } from "../model/home.ts";
import type { KnownShare } from "../model/share-book.ts";

const MOVING_EVERY_MS = 2000;
const QUIET_EVERY_MS = 8000;
const MOVING: readonly KnownShare["state"][] = ["undo-window", "delivering", "waiting", "unanswered"];

/** Keeps the list of shares fresh while one moves, and where another owner may begin one that needs this signature too. */
export function useFreshShares(home: Home): void {
  const isOwner = home.standing.value === "owner";
  const isMoving = home.shares.list.value.some(({ state }) => MOVING.includes(state));
  const isShared = (home.household.value?.quorum ?? 1) > 1;
  useEffect(() => {
    if (!isOwner) return;
    const look = (): void => void home.refreshShares().catch(() => undefined);
    look();
    if (!isMoving && !isShared) return;
    const timer = setInterval(look, isMoving ? MOVING_EVERY_MS : QUIET_EVERY_MS);
    return () => clearInterval(timer);
  }, [isOwner, isMoving, isShared]);
}
