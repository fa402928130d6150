import { useLayoutEffect } from "preact/hooks";

/**
 * A step that has come begins at its top, as a new screen does, and is where the keyboard goes on.
 * @param headingId - Of a heading that can have the focus without being a stop of its own.
 */
export function useStep(headingId: string): void {
  useLayoutEffect(() => {
    const heading = document.getElementById(headingId);
    (heading?.closest("dialog") ?? document.scrollingElement)?.scrollTo(0, 0);
    heading?.focus({ preventScroll: true });
  }, [headingId]);
}
