/** `doorward/owner`: what an owner's keys can do, unchanged in Node and browser. */

export { type Signer, seedSigner } from "../protocol/envelope.ts";
export { type Facts, NO_FACTS } from "../protocol/facts.ts";
export { portableCrypto } from "../protocol/portable-crypto.ts";
export { ClipFetcher, type ClipFetcherPorts, type HttpGet } from "./clip-fetcher.ts";
export { type ClipTimeline, type IndexedClip, isWithin, readClipIndex } from "./clip-index.ts";
export { dropSeed, keepSeed, openClipSeed } from "./clip-seed.ts";
export { clipsOfOrder, type OrderedClips, type OrderedRange, planOrderedClip } from "./compelled.ts";
export {
  afterUpload,
  boxKeyOfDay,
  type DayKeyUpload,
  dayOf,
  forgetDaysBefore,
  isUploadDue,
  planDayKeys,
} from "./day-keys.ts";
export { Doorbell } from "./doorbell.ts";
export { OwnerError, type OwnerErrorCode, ownerErrors } from "./errors.ts";
export { addHold, type HeldClip, holdsOf, isHeld, keepAfterHolds, releasedBy, removeHold } from "./holds.ts";
export { coSignHouseholdChange, readHouseholdProposal, signHouseholdChange } from "./household-change.ts";
export { type Answer, LinkClient, type LinkClientPorts, type RequestOptions } from "./link-client.ts";
export { askLive, type LiveAsked, type LiveView } from "./live.ts";
export {
  type AskedConsent,
  type ConsentSubmission,
  type ConsentWish,
  coSign,
  type MadeConsent,
  makeConsent,
  makeRevocation,
  readCard,
  readWaitingConsent,
} from "./make-consent.ts";
export { type Gap, type OpenedClip, type OpenedLane, openClip, openOpeningMeta, playableClip } from "./open-clip.ts";
export type { BrokerLogin, MqttConnector, MqttPort, OwnerStorage, Timer } from "./owner-ports.ts";
export { type DayChainState, newOwnerState, type OwnerState, type PairedDevice } from "./owner-state.ts";
export { OwnerStore } from "./owner-store.ts";
export { type PairingOutcome, pairWithCode } from "./pair.ts";
export { type ClipTimes, type FragmentSpan, planShare, type SharePlan, type ShareWish, timesOf } from "./plan-share.ts";
export { type AuditView, readAudit } from "./read-audit.ts";
export {
  coSignRecovery,
  openSealedDays,
  type RecoveryWish,
  readRecoveryProposal,
  sealDays,
  signRecovery,
  signRecoveryClaim,
} from "./recovery.ts";
export { type HomeRequest, requestsFor } from "./requests/match.ts";
export { addRegister, originOf, policyOf, removeRegister } from "./requests/registers.ts";
export { type Synced, type SyncedRegister, type SyncPorts, shelfName, syncHome } from "./requests/sync.ts";
export type { Shelf } from "./shelf.ts";
export { type TendedDays, tendDays } from "./tend-days.ts";
export { type ClipHead, type ClipSource, type VerifiedClip, verifyClip } from "./verify-clip.ts";
