import type { CaptureEnd } from "./capture.ts";

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
