/** `doorward/protocol`: wire formats and cryptography, unchanged in Node and browser. */

export { decodeJson, encodeJson, type Json } from "./canonical-json.ts";
export { ChannelReceiver, openMessage, sealMessage } from "./channel.ts";
export { ClipFileReader, type ClipHead, type ClipRecord, decodeClipHead, encodeClipHead } from "./clip-file.ts";
export { fragmentKeys, fragmentNonce, keyCommitment, LANES, type Lane, LaneRatchet } from "./clip-keys.ts";
export type { BoxKeyPair, Crypto, SigningKeyPair } from "./crypto.ts";
export { dayBoxKey, dayKey, nextDay } from "./day-chain.ts";
export {
  openSelfSigned,
  openStatement,
  parseEnvelope,
  readStatement,
  type Signer,
  type Statement,
  type StatementKind,
  seedSigner,
  signPayload,
  signStatement,
  statementDigest,
} from "./envelope.ts";
export { CodedError, ProtocolError, type ProtocolErrorCode, protocolErrors } from "./errors.ts";
export { decodeLeaf, encodeLeaf, type LeafData, openFragment, sealFragment } from "./fragment.ts";
export { type Grant, type GrantEntry, grantDigest, makeGrant, openGrant } from "./grant.ts";
export { auditPath, leafHash, MerkleFrontier, merkleRoot, verifyPath } from "./merkle.ts";
export { portableCrypto } from "./portable-crypto.ts";
export { areasOverlap, covers, windowsOverlap } from "./register/area.ts";
export { encodeLeaf as encodeRegisterLeaf, entryKinds, type Leaf, readLeaf, readSubmission } from "./register/leaf.ts";
export { RuleBook, type Verdict } from "./register/rule-book.ts";
export { openSealed, sealTo } from "./sealed-message.ts";
export { buildShare, parseShare, type ShareParts } from "./share.ts";
export { auditHeadStatement } from "./statements/audit-head.ts";
export { clipKeyStatement } from "./statements/clip-key.ts";
export { type Consent, consentStatement } from "./statements/consent.ts";
export { type Manifest, manifestStatement } from "./statements/manifest.ts";
export { memberStatement } from "./statements/member.ts";
export { pairingStatement } from "./statements/pairing.ts";
export { receiptStatement } from "./statements/receipt.ts";
export { type RecipientCard, recipientCardStatement } from "./statements/recipient-card.ts";
export { type Release, releaseStatement } from "./statements/release.ts";
export { revocationStatement } from "./statements/revocation.ts";
export { type LogPolicy, type OpenCheckpoint, openCheckpoint, parseLogPolicy } from "./tlog/checkpoint.ts";
export { compareCheckpoints } from "./tlog/compare-checkpoints.ts";
export { LogError, type LogErrorCode, logErrors } from "./tlog/errors.ts";
export { type FollowedLog, followLog, type SeenCheckpoint } from "./tlog/follow-log.ts";
export { parseInclusionFile, verifyInclusionFile } from "./tlog/inclusion-file.ts";
export { parseVerifierKey, type VerifierKey } from "./tlog/note.ts";
export { verifyConsistency, verifyInclusion } from "./tlog/proofs.ts";
export type { TileSource } from "./tlog/tiles.ts";
export { checkPublicKey, verifySignature } from "./verify.ts";
export { openWrap, wrapSeed } from "./wrap.ts";
