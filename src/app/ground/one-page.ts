const NAME = "doorward-link";

export interface Hold {
  /** This page may speak to the doorbell. */
  readonly held: Promise<void>;
  /** Another page has taken it over. Never settles where nobody can. */
  readonly lost: Promise<void>;
  /** Waits no longer. */
  cancel(): void;
}

/**
 * Pages of one browser are one member, and the doorbell takes a member's messages by rising counters only: what two pages
 * send at once gets lost. So one of them holds the link, until it is closed or another takes it over. Where the browser has
 * no locks each page goes ahead.
 */
export function holdLink(takeOver = false): Hold {
  const locks: LockManager | undefined = navigator.locks;
  if (locks === undefined) return { held: Promise.resolve(), lost: new Promise(() => {}), cancel: () => {} };
  const waiting = new AbortController();
  let isHeld = (): void => {};
  const held = new Promise<void>((resolve) => {
    isHeld = resolve;
  });
  // A lock that is taken over cannot be waited for, and the other way round.
  const lost = locks
    .request(NAME, takeOver ? { steal: true } : { signal: waiting.signal }, () => {
      isHeld();
      return new Promise<void>(() => {});
    })
    .catch(() => {});
  return { held, lost, cancel: () => waiting.abort() };
}
