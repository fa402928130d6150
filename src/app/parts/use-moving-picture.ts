import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

const LOOK_EVERY_MS = 500;
/** Longer than a camera's key frames lie apart, so that a lost packet is no standstill. */
const STANDS_STILL_AFTER_MS = 4000;

/** `awaited`: none has come yet. `still`: what is seen is no longer the door as it is now. */
export type PictureState = "awaited" | "moving" | "still";

/** Looks whether pictures still come: a live view whose camera is gone stays connected and shows its last one. */
export function useMovingPicture(video: RefObject<HTMLVideoElement | null>, isLive: boolean): PictureState {
  const [state, setState] = useState<PictureState>("awaited");
  useEffect(() => {
    setState("awaited");
    if (!isLive) return;
    let [shown, changedAtMs] = [0, performance.now()];
    const look = (): void => {
      const now = video.current?.getVideoPlaybackQuality().totalVideoFrames ?? 0;
      // Nobody draws a page that is not seen.
      if (now !== shown || document.hidden) changedAtMs = performance.now();
      const standsStill = performance.now() - changedAtMs > STANDS_STILL_AFTER_MS;
      shown = now;
      setState(standsStill ? "still" : shown === 0 ? "awaited" : "moving");
    };
    const timer = setInterval(look, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [isLive]);
  return state;
}
