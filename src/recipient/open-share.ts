import type { Crypto } from "../protocol/crypto.ts";
import { type PlayableLane, playableMp4 } from "../protocol/fmp4.ts";
import type { RecipientSecrets } from "./card.ts";
import type { FailedVerdict, OkVerdict } from "./verdict.ts";
import { examineShare, type VerifyOptions } from "./verify-share.ts";

/** A share that passed every check, and its film: one MP4 whose timeline starts at 0. */
export interface OpenedShare extends OkVerdict {
  readonly mp4: Uint8Array;
}

/** Verifies and opens in one pass, so that what plays is what was verified. */
export function openShare(
  crypto: Crypto,
  share: Uint8Array,
  secrets: RecipientSecrets,
  options: VerifyOptions = {},
): OpenedShare | FailedVerdict {
  const { verdict, lanes } = examineShare(crypto, share, secrets, options, true);
  if (verdict.verdict !== "ok") return verdict;
  return { ...verdict, mp4: playableMp4(laneOf(lanes.get(1)), laneOf(lanes.get(2))) };
}

function laneOf(plain: readonly Uint8Array[] | undefined): PlayableLane | null {
  const [init, ...fragments] = plain ?? [];
  return init === undefined ? null : { init, fragments };
}
