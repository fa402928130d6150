import type { CaptureEnd } from "./capture.ts";
import { recorderErrors } from "./errors.ts";

/**
 * Puts ffmpeg's last words into one of our own. They are never logged as they are: they hold addresses and
 * passwords of cameras.
 */
export function failureReason(message: string): CaptureEnd {
  if (/Cannot find ffmpeg|spawn .*ENOENT/.test(message)) return "ffmpeg-missing";
  if (/No such file|No such device|Not found/i.test(message)) return "not-found";
  if (/resource busy/i.test(message)) return "busy";
  if (/Permission denied|Operation not permitted|Unauthorized|Forbidden/i.test(message)) return "refused";
  if (/Connection refused|timed out|No route|unreachable|Name or service/i.test(message)) return "unreachable";
  return "failed";
}

/** @param line - Of ffmpeg's standard error; versions 5 to 7 say it alike. */
export function refusesSoundCard(line: string): boolean {
  return /cannot open audio device|cannot set (sample format|channel count|samplerate)/i.test(line);
}

const NO_ANSWER = "Check the camera's address and its network; `doorward doctor` tries it.";
/** What to do about a camera, by {@link CaptureEnd} or code; none where only looking helps. */
const faultTexts: Readonly<Record<string, string>> = {
  ...recorderErrors,
  "not-found": "Plug the camera in, or name another in [camera]; `doorward doctor` tries it.",
  busy: "Another program has the camera: end it.",
  refused: "The camera refuses: add the doorbell's user to the group `video`, or check user name and password.",
  unreachable: NO_ANSWER,
  stalled: NO_ANSWER,
  "ffmpeg-missing": recorderErrors["recorder/ffmpeg-missing"],
  "program-missing": recorderErrors["recorder/program-missing"],
};

export function whatToDo(reason: string): string {
  return faultTexts[reason] ?? "Check the camera's cable; `doorward doctor` tries it.";
}
