/**
 * Aborted when `signal` is, or after so long. AbortSignal.any holds what it is made of only weakly: an AbortSignal.timeout
 * that the garbage collector has taken never comes. Here the running timer holds it.
 */
export function withDeadline(signal: AbortSignal, ms: number): AbortSignal {
  const tooLong = new AbortController();
  const timer = setTimeout(() => tooLong.abort(new DOMException("it took too long", "TimeoutError")), ms);
  timer.unref();
  return AbortSignal.any([signal, tooLong.signal]);
}
