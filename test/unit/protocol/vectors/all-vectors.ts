import { makeClipFile, makeClipKeys, makeDayChain, makeFragments, makeMerkle, makeWraps } from "./make-clip.ts";
import { makeAudit, makeChannel, makePairing, makeWebTokens } from "./make-link.ts";
import { makeCheckpoints, makeLogKeys, makeLogProofs, makeLogTexts, makeTiles } from "./make-log.ts";
import { makeNegative } from "./make-negative.ts";
import { makeCanonicalJson, makeHashes, makePublicKeys, makeSignatures } from "./make-primitives.ts";
import { makeAreas, makePressingWords, makeRegisterLeaves, makeRuleBook } from "./make-register.ts";
import { makeConsents, makeDelivery, makeGrants, makeSealedMessages, makeShares } from "./make-share.ts";
import { makeStatements } from "./make-statements.ts";
import type { MakeVectors } from "./vector-file.ts";

/** Every file of test/vectors but media.json, which is input, and how it is made. */
export const allVectors: Readonly<Record<string, MakeVectors>> = {
  "areas.json": makeAreas,
  "audit.json": makeAudit,
  "canonical-json.json": makeCanonicalJson,
  "channel.json": makeChannel,
  "checkpoints.json": makeCheckpoints,
  "clip-file.json": makeClipFile,
  "clip-keys.json": makeClipKeys,
  "consents.json": makeConsents,
  "day-chain.json": makeDayChain,
  "delivery.json": makeDelivery,
  "fragments.json": makeFragments,
  "grants.json": makeGrants,
  "hashes.json": makeHashes,
  "log-keys.json": makeLogKeys,
  "log-proofs.json": makeLogProofs,
  "log-texts.json": makeLogTexts,
  "merkle.json": makeMerkle,
  "negative.json": makeNegative,
  "pairing.json": makePairing,
  "pressing-words.json": makePressingWords,
  "public-keys.json": makePublicKeys,
  "register-leaves.json": makeRegisterLeaves,
  "rule-book.json": makeRuleBook,
  "sealed-messages.json": makeSealedMessages,
  "shares.json": makeShares,
  "signatures.json": makeSignatures,
  "statements.json": makeStatements,
  "tiles.json": makeTiles,
  "web-tokens.json": makeWebTokens,
  "wraps.json": makeWraps,
};
