import { useEffect, useState } from "preact/hooks";

/** Unix milliseconds, again every `everyMs`. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** Milliseconds until a moment of `performance.now()`, never below zero. */
export function useCountdown(until: number | null): number {
  const left = (): number => Math.max(0, (until ?? 0) - performance.now());
  const [ms, setMs] = useState(left);
  useEffect(() => {
    setMs(left());
    if (until === null) return;
    const timer = setInterval(() => setMs(left()), 250);
    return () => clearInterval(timer);
  }, [until]);
  return ms;
}
