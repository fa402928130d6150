import type { Crypto } from "../../../../src/protocol/crypto.ts";
import {
  encodePayload,
  keyId,
  parseEnvelope,
  type StatementKind,
  seedSigner,
  signStatement,
  statementDigest,
} from "../../../../src/protocol/envelope.ts";
import { ownHash } from "../../../../src/protocol/hash.ts";
import { auditHeadStatement } from "../../../../src/protocol/statements/audit-head.ts";
import { clipKeyStatement } from "../../../../src/protocol/statements/clip-key.ts";
import { consentStatement } from "../../../../src/protocol/statements/consent.ts";
import { manifestStatement } from "../../../../src/protocol/statements/manifest.ts";
import { memberStatement } from "../../../../src/protocol/statements/member.ts";
import { pairingStatement } from "../../../../src/protocol/statements/pairing.ts";
import { receiptStatement } from "../../../../src/protocol/statements/receipt.ts";
import { recipientCardStatement } from "../../../../src/protocol/statements/recipient-card.ts";
import { releaseStatement } from "../../../../src/protocol/statements/release.ts";
import { revocationStatement } from "../../../../src/protocol/statements/revocation.ts";
import { fixed, fixedId, textOf, toHex, utf8, type VectorFile } from "./vector-file.ts";

const lanes = [
  { lane: 1, first: 2, end: 5 },
  { lane: 2, first: 3, end: 5 },
];

export async function makeStatements(crypto: Crypto): Promise<VectorFile> {
  const key = (name: string): Uint8Array => crypto.signingKeyFromSeed(fixed(name)).publicKey;
  const device = key("device");

  const vector = async <T>(name: string, kind: StatementKind<T>, seedName: string, payload: T) => {
    const signer = seedSigner(crypto, fixed(seedName));
    const payloadBytes = encodePayload(kind, payload);
    const envelope = await signStatement(crypto, kind, payload, signer);
    return {
      name,
      kind: kind.kind,
      signerSeed: toHex(fixed(seedName)),
      signer: toHex(signer.publicKey),
      keyid: keyId(crypto, signer.publicKey),
      payload: textOf(payloadBytes),
      digest: toHex(statementDigest(crypto, kind, payloadBytes)),
      signature: toHex(parseEnvelope(envelope).signature),
      envelope: textOf(envelope),
    };
  };

  const consent = {
    token: fixedId("token"),
    device,
    household: 4,
    clip: fixedId("clip"),
    manifest: fixed("manifest digest"),
    request: null,
    lanes,
    recipient: fixed("card digest"),
    purpose: ownHash(crypto, "purpose", utf8("for the neighbour's insurance")),
    basis: "own",
    challenge: fixedId("challenge"),
    grant: fixed("grant digest"),
    expires: 1_800_000_000,
  } as const;

  return {
    about: "One statement of each kind: payload (a text, to be taken as UTF-8), digest and envelope (likewise)",
    vectors: [
      await vector("manifest", manifestStatement, "clip signing", {
        clip: fixedId("clip"),
        clipKey: key("clip signing"),
        leaves: { video: 7, audio: 7, thumbnail: 1, meta: 2 },
        root: fixed("root"),
        closed: "full",
        clock: "synced",
      }),
      await vector("manifest of a clip that a power cut ended", manifestStatement, "clip signing", {
        clip: fixedId("clip"),
        clipKey: key("clip signing"),
        leaves: { video: 1, audio: 0, thumbnail: 0, meta: 1 },
        root: fixed("root"),
        closed: "cut",
        clock: "unsynced",
      }),
      await vector("clip-key", clipKeyStatement, "device", {
        device,
        clip: fixedId("clip"),
        clipKey: key("clip signing"),
      }),
      await vector("pairing", pairingStatement, "device", {
        device,
        member: key("owner"),
        transcript: fixed("transcript"),
      }),
      await vector("member", memberStatement, "owner", {
        device,
        state: 5,
        member: key("second owner"),
        role: "owner",
        quorum: 2,
      }),
      await vector("member removed", memberStatement, "owner", {
        device,
        state: 6,
        member: key("second owner"),
        role: "none",
        quorum: 1,
      }),
      await vector("consent", consentStatement, "owner", consent),
      await vector("the same consent by a second owner", consentStatement, "second owner", consent),
      await vector("consent to a request", consentStatement, "owner", {
        ...consent,
        basis: "voluntary",
        request: fixed("request digest"),
        lanes: lanes.slice(0, 1),
      }),
      await vector("release", releaseStatement, "clip signing", {
        manifest: fixed("manifest digest"),
        lanes,
        recipient: fixed("card digest"),
        request: null,
        consent: statementDigest(crypto, consentStatement, encodePayload(consentStatement, consent)),
      }),
      await vector("revocation", revocationStatement, "owner", { device, token: fixedId("token") }),
      await vector("receipt", receiptStatement, "recipient signing", {
        delivery: fixedId("delivery"),
        share: fixed("share digest"),
        next: 4,
        chunks: 9,
        complete: false,
      }),
      await vector("recipient-card", recipientCardStatement, "recipient signing", {
        name: "Zo\u00eb \u{1F3E0}",
        signKey: key("recipient signing"),
        boxKey: crypto.boxKeyFromSecret(fixed("recipient box")).publicKey,
        inbox: { url: "mqtts://mail.example:8883", ca: null, id: fixedId("inbox") },
      }),
      await vector("audit-head", auditHeadStatement, "device", { device, sequence: 12, chain: fixed("chain") }),
    ],
  };
}
