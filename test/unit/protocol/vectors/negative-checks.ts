/** The readers that negative vectors name, each from a vector's `input` to whatever it gives. */

import { ChannelReceiver } from "../../../../src/protocol/channel.ts";
import { ClipFileReader } from "../../../../src/protocol/clip-file.ts";
import type { Crypto } from "../../../../src/protocol/crypto.ts";
import { openStatement, type StatementKind, seedSigner } from "../../../../src/protocol/envelope.ts";
import { decodeLeaf, openFragment } from "../../../../src/protocol/fragment.ts";
import { openGrant } from "../../../../src/protocol/grant.ts";
import { decodeClosingMeta, decodeOpeningMeta } from "../../../../src/protocol/meta.ts";
import { answerPairing, decodePairingCode } from "../../../../src/protocol/pairing-handshake.ts";
import { entryKinds } from "../../../../src/protocol/register/leaf.ts";
import { appBundleStatement } from "../../../../src/protocol/statements/app-bundle.ts";
import { auditHeadStatement } from "../../../../src/protocol/statements/audit-head.ts";
import { clipKeyStatement } from "../../../../src/protocol/statements/clip-key.ts";
import { consentStatement } from "../../../../src/protocol/statements/consent.ts";
import { manifestStatement } from "../../../../src/protocol/statements/manifest.ts";
import { memberStatement } from "../../../../src/protocol/statements/member.ts";
import { pairingStatement } from "../../../../src/protocol/statements/pairing.ts";
import { receiptStatement } from "../../../../src/protocol/statements/receipt.ts";
import { recipientCardStatement } from "../../../../src/protocol/statements/recipient-card.ts";
import { recoveryStatement } from "../../../../src/protocol/statements/recovery.ts";
import { recoveryClaimStatement } from "../../../../src/protocol/statements/recovery-claim.ts";
import { releaseStatement } from "../../../../src/protocol/statements/release.ts";
import { revocationStatement } from "../../../../src/protocol/statements/revocation.ts";
import { parseWrap } from "../../../../src/protocol/wrap.ts";
import { fromHex, utf8 } from "./vector-file.ts";

export const statementKinds: readonly StatementKind<unknown>[] = [
  appBundleStatement,
  recoveryStatement,
  recoveryClaimStatement,
  auditHeadStatement,
  clipKeyStatement,
  consentStatement,
  manifestStatement,
  memberStatement,
  pairingStatement,
  receiptStatement,
  recipientCardStatement,
  releaseStatement,
  revocationStatement,
  ...(Object.values(entryKinds) as StatementKind<unknown>[]),
];

export type NegativeInput = Readonly<Record<string, string>>;

export const negativeChecks = {
  /** `signers`: known keys, separated by spaces. */
  statement(crypto: Crypto, { kind, envelope = "", signers = "" }: NegativeInput): unknown {
    const known = statementKinds.find((candidate) => candidate.kind === kind);
    if (known === undefined) throw new Error(`no statement kind ${kind}`);
    const keys = signers.split(" ").filter((key) => key !== "");
    return openStatement(crypto, known, utf8(envelope), keys.map(fromHex));
  },
  leaf: (_: Crypto, { bytes = "" }: NegativeInput): unknown => decodeLeaf(fromHex(bytes)),
  fragment: (crypto: Crypto, { clip = "", leaf = "", key = "", ciphertext = "" }: NegativeInput): unknown =>
    openFragment(crypto, fromHex(clip), decodeLeaf(fromHex(leaf)), fromHex(key), fromHex(ciphertext)),
  wrap: (_: Crypto, { bytes = "" }: NegativeInput): unknown => parseWrap(fromHex(bytes)),
  grant: (crypto: Crypto, { grant = "", boxSecret = "" }: NegativeInput): unknown =>
    openGrant(crypto, fromHex(grant), crypto.boxKeyFromSecret(fromHex(boxSecret))),
  "clip-file": (crypto: Crypto, { file = "" }: NegativeInput): unknown =>
    new ClipFileReader(crypto).push(fromHex(file)),
  "opening-meta": (_: Crypto, { bytes = "" }: NegativeInput): unknown => decodeOpeningMeta(fromHex(bytes)),
  "closing-meta": (_: Crypto, { bytes = "" }: NegativeInput): unknown => decodeClosingMeta(fromHex(bytes)),
  /** `accepted`: the highest counter taken before. */
  channel: (crypto: Crypto, { key = "", message = "", accepted = "-1" }: NegativeInput): unknown =>
    new ChannelReceiver(crypto, fromHex(key), Number(accepted)).receive(fromHex(message)),
  "pairing-code": (crypto: Crypto, { code = "" }: NegativeInput): unknown => decodePairingCode(crypto, code),
  "pairing-hello": (crypto: Crypto, { deviceSeed = "", pairingSecret = "", hello = "" }: NegativeInput): unknown =>
    answerPairing(crypto, seedSigner(crypto, fromHex(deviceSeed)), fromHex(pairingSecret), fromHex(hello)),
  agreement: (crypto: Crypto, { secret = "", publicKey = "" }: NegativeInput): unknown =>
    crypto.agree(fromHex(secret), fromHex(publicKey)),
} satisfies Record<string, (crypto: Crypto, input: NegativeInput) => unknown>;

export type NegativeCheck = keyof typeof negativeChecks;

/** The code of the error that a check ends with, or "accepted". */
export async function codeOf(crypto: Crypto, check: NegativeCheck, input: NegativeInput): Promise<string> {
  try {
    await negativeChecks[check](crypto, input);
    return "accepted";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
