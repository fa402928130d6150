import { execFile } from "node:child_process";
import { existsSync } from "node:fs";

/** Undoes what `after` and `every` began; calling it twice is harmless. */
export type Cancel = () => void;

export interface Clock {
  /** Unix time. May jump: a Pi has no clock battery. */
  nowMs(): number;
  /** Never jumps and never goes back; starts anywhere. For every waiting time and time-out. */
  monotonicMs(): number;
  /** Whether `nowMs` is known to be right. */
  synced(): boolean;
  /** @throws The signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  after(ms: number, run: () => void): Cancel;
  /**
   * At a point of `monotonicMs`, to its fraction, and only after what came until then has been told: a timer of the event loop
   * knows whole milliseconds, and a busy loop runs one that is late before it delivers that.
   */
  atAfterNews(dueMs: number, run: () => void): Cancel;
  every(ms: number, run: () => void): Cancel;
}

export interface SystemClockOptions {
  /** `trusted`: somebody else keeps this machine's clock (a container, a VM); `auto`: ask the system. */
  readonly trust?: "auto" | "trusted";
  /** How long after the first wish to know: the question wakes a service, which takes as long as a start. Default 0. */
  readonly askAfterMs?: number;
}

/** Touched by systemd-timesyncd once the clock is right; the folder is empty after a boot. */
const TIMESYNCD_MARK = "/run/systemd/timesync/synchronized";
/** How often other time services are asked, through timedatectl, as long as they say no. */
const ASK_AGAIN_MS = 60_000;

/** Once synced, a clock counts as synced until the process ends: it drifts by seconds a day, it does not jump. */
export function makeSystemClock({ trust = "auto", askAfterMs = 0 }: SystemClockOptions = {}): Clock {
  let isSynced = trust === "trusted";
  let askedAtMs = Number.NEGATIVE_INFINITY;
  const askNow = (): void => {
    const child = execFile("timedatectl", ["show", "--property=NTPSynchronized", "--value"], (error, stdout) => {
      if (error === null && stdout.trim() === "yes") isSynced = true;
    });
    child.unref();
  };
  const ask = (): void => {
    if (performance.now() - askedAtMs < ASK_AGAIN_MS) return;
    askedAtMs = performance.now();
    if (askAfterMs === 0) askNow();
    else setTimeout(askNow, askAfterMs).unref();
  };
  return {
    nowMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    synced() {
      if (!isSynced) isSynced = existsSync(TIMESYNCD_MARK);
      if (!isSynced) ask();
      return isSynced;
    },
    sleep: (ms, signal) => sleepWith(after, ms, signal),
    after,
    atAfterNews,
    every(ms, run) {
      const timer = setInterval(run, ms);
      return () => clearInterval(timer);
    },
  };
}

export const systemClock: Clock = makeSystemClock();

function after(ms: number, run: () => void): Cancel {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

/** How much too early or too late a timer fires that is not late: the loop reckons in whole milliseconds. */
const TIMER_STEP_MS = 2;

/** Between its timers and its immediates the event loop delivers what it has from the kernel. */
function atAfterNews(dueMs: number, run: () => void): Cancel {
  let turn: NodeJS.Immediate | undefined;
  const look = (): void => {
    if (performance.now() >= dueMs) run();
    else turn = setImmediate(look);
  };
  const waitMs = dueMs - TIMER_STEP_MS - performance.now();
  const timer = setTimeout(() => {
    turn = setImmediate(look);
  }, waitMs);
  return () => {
    clearTimeout(timer);
    clearImmediate(turn);
  };
}

/** The one implementation of an abortable wait, for every clock that has `after`. */
export function sleepWith(start: Clock["after"], ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = start(ms, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
