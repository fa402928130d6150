import { CodedError } from "../../protocol/errors.ts";

/** Codes of {@link LiveError}: why a live view did not begin, or ended. */
export const liveErrors = {
  "live/engine-failed": "The WebRTC engine ended by itself: only this view is lost; start it again.",
  "live/feed-failed": "ffmpeg could not read the live stream: see what it said in the log at level debug.",
  "live/no-engine":
    "The viewer's browser shows no H.264 and @roamhq/wrtc is not installed: use another browser, or install it.",
  "live/not-connected": "The two ends found no way to each other in time: away from home this takes a TURN server.",
} as const;

export type LiveErrorCode = keyof typeof liveErrors;

export class LiveError extends CodedError<LiveErrorCode> {
  override readonly name = "LiveError";
}
