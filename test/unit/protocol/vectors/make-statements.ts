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
import { accreditationStatement } from "../../../../src/protocol/register/statements/accreditation.ts";
import { accreditationRevocationStatement } from "../../../../src/protocol/register/statements/accreditation-revocation.ts";
import { outcomeStatement } from "../../../../src/protocol/register/statements/outcome.ts";
import { registerStatement } from "../../../../src/protocol/register/statements/register.ts";
import { embedCard, type Request, requestStatement } from "../../../../src/protocol/register/statements/request.ts";
import { LOOSEST_LIMITS, rulesStatement } from "../../../../src/protocol/register/statements/rules.ts";
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
import { fixed, fixedId, textOf, toHex, utf8, type VectorFile } from "./vector-file.ts";

const lanes = [
  { lane: 1, first: 2, end: 5 },
  { lane: 2, first: 3, end: 5 },
];

const REGISTER = "register.example/requests";

type MakeStatement = <T>(name: string, kind: StatementKind<T>, seed: string, payload: T) => Promise<Vector>;
type Vector = VectorFile["vectors"][number] & { readonly envelope: string };

async function registerStatements(vector: MakeStatement, key: (name: string) => Uint8Array): Promise<Vector[]> {
  const requester = key("requester");
  const register = REGISTER;
  const card = await vector("", recipientCardStatement, "recipient signing", {
    name: "Town Police",
    signKey: key("recipient signing"),
    boxKey: fixed("any box key"),
    inbox: { url: "mqtts://mail.example:8883", ca: null, id: fixedId("inbox") },
  });
  const request: Request = {
    register,
    requester,
    agency: "Town Police",
    officer: "Sgt. N\u00fa\u00f1ez",
    caseNumber: "2023-004711",
    offence: "burglary",
    basis: "voluntary",
    area: { latitude: 2_612_240, longitude: -8_013_730, radius: 300 },
    window: { start: 1_700_445_600, end: 1_700_452_800 },
    text: "A blue van was seen in this street. Pictures of it may help to find who broke in.",
    card: embedCard(utf8(card.envelope)),
    expires: 1_701_086_400,
    extends: null,
  };
  return [
    await vector("register", registerStatement, "operator", {
      register,
      operator: key("operator"),
      about: "Clerk of the county court, register@example.org",
    }),
    await vector("rules", rulesStatement, "operator", {
      register,
      limits: { ...LOOSEST_LIMITS, requestsPerDay: 3, radiusMax: 500 },
      words: ["warrant*", "you must", "est\u00e1 obligado"],
    }),
    await vector("accreditation", accreditationStatement, "operator", {
      register,
      requester,
      agency: "Town Police",
      voucher: "State police union",
      evidence: "Met at the station",
    }),
    await vector("accreditation-revocation", accreditationRevocationStatement, "operator", {
      register,
      requester,
      reason: "Key lost",
    }),
    await vector("request", requestStatement, "requester", request),
    await vector("request that extends another", requestStatement, "requester", {
      ...request,
      expires: 1_701_172_800,
      extends: fixed("request digest"),
    }),
    await vector("outcome", outcomeStatement, "requester", {
      register,
      requester,
      request: fixed("request digest"),
      outcome: "kept-until",
      day: 19_700,
    }),
  ];
}

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
      ...(await registerStatements(vector, key)),
      await vector("recovery", recoveryStatement, "owner", { device, household: 4, key: key("recovery") }),
      await vector("recovery taken back", recoveryStatement, "owner", { device, household: 5, key: null }),
      await vector("recovery-claim", recoveryClaimStatement, "recovery", { device, member: key("second owner") }),
      await vector("app-bundle", appBundleStatement, "builder", {
        files: [
          { path: "assets/app.js", sha256: fixed("script") },
          { path: "index.html", sha256: fixed("page") },
        ],
      }),
    ],
  };
}
