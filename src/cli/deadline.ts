/**
 * Aborted when `signal` is, or after so long. Not by AbortSignal.any over AbortSignal.timeout: that holds the timeout only
 * weakly, and one that the garbage collector has taken never comes.
 */
export function withDeadline(signal: AbortSignal, ms: number): AbortSignal {
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(new DOMException("it took too long", "TimeoutError")), ms);
  timer.unref();
  const stop = (): void => {
    clearTimeout(timer);
    ending.abort(signal.reason);
  };
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true, signal: ending.signal });
  return ending.signal;
}
