import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { fromUtf8, toBase64, toBase64url, utf8 } from "../../../src/protocol/bytes.ts";
import { encodeJson, type Json } from "../../../src/protocol/canonical-json.ts";
import {
  encodeEnvelope,
  encodePayload,
  keyId,
  MAX_STATEMENT_BYTES,
  openSelfSigned,
  openStatement,
  parseEnvelope,
  readStatement,
  type StatementKind,
  seedSigner,
  signPayload,
  signStatement,
  statementDigest,
} from "../../../src/protocol/envelope.ts";
import { portableCrypto as crypto } from "../../../src/protocol/portable-crypto.ts";
import { type Consent, consentStatement } from "../../../src/protocol/statements/consent.ts";
import { manifestStatement } from "../../../src/protocol/statements/manifest.ts";
import { type RecipientCard, recipientCardStatement } from "../../../src/protocol/statements/recipient-card.ts";
import { type Revocation, revocationStatement } from "../../../src/protocol/statements/revocation.ts";
import { malleated } from "./ed25519-points.ts";
import { tries } from "./effort.ts";

const hash = (text: string): Uint8Array => crypto.sha256(utf8(text));
const signer = seedSigner(crypto, hash("owner"));
const stranger = seedSigner(crypto, hash("stranger"));
const revocation: Revocation = { device: hash("device"), token: hash("token").slice(0, 16) };
const fails = (code: string) => expect.objectContaining({ code: `statement/${code}` });

let good: Uint8Array;
beforeAll(async () => {
  good = await signStatement(crypto, revocationStatement, revocation, signer);
});

const open = (envelope: Uint8Array, keys: Uint8Array | Uint8Array[] = signer.publicKey) =>
  openStatement(crypto, revocationStatement, envelope, keys);

type Fields = { payload: string; payloadType: string; signatures: { keyid: string; sig: string }[] };
const edited = (change: (fields: Fields) => Json): Uint8Array =>
  encodeJson(change(JSON.parse(fromUtf8(good)) as Fields));

async function signedText(text: string): Promise<Uint8Array> {
  return signPayload(crypto, revocationStatement, utf8(text), signer);
}

describe("a signed statement", () => {
  test("opens under its signer's key, and its digest is the hash of DSSE's PAE", () => {
    const { payload, payloadBytes, digest, signer: by } = open(good);
    expect(payload).toEqual(revocation);
    expect(by).toBe(signer.publicKey);
    const type = "application/vnd.doorward.revocation.v1+json";
    const pae = utf8(`DSSEv1 ${type.length} ${type} ${payloadBytes.length} ${fromUtf8(payloadBytes)}`);
    expect(digest).toEqual(crypto.sha256(pae));
    expect(statementDigest(crypto, revocationStatement, payloadBytes)).toEqual(digest);
  });

  test("is one DSSE envelope of canonical JSON", () => {
    const { payloadBytes } = open(good);
    expect(JSON.parse(fromUtf8(good))).toEqual({
      payload: toBase64(payloadBytes),
      payloadType: "application/vnd.doorward.revocation.v1+json",
      signatures: [{ keyid: keyId(crypto, signer.publicKey), sig: expect.any(String) }],
    });
    expect(fromUtf8(payloadBytes)).toBe(
      `{"device":"${toBase64url(revocation.device)}","token":"${toBase64url(revocation.token)}","version":1}`,
    );
  });

  test("finds its signer among known keys, and no signer among others", () => {
    expect(open(good, [stranger.publicKey, signer.publicKey]).signer).toBe(signer.publicKey);
    expect(() => open(good, [stranger.publicKey])).toThrow(fails("unknown-signer"));
    expect(() => open(good, [])).toThrow(fails("unknown-signer"));
  });

  test("has a keyid that is a hint only: it cannot make a stranger's signature good", () => {
    const hinted = edited((fields) => ({
      ...fields,
      signatures: [{ sig: fields.signatures[0]?.sig ?? "", keyid: keyId(crypto, stranger.publicKey) }],
    }));
    expect(() => open(hinted, [stranger.publicKey])).toThrow(fails("signature"));
    expect(() => open(hinted, [signer.publicKey])).toThrow(fails("unknown-signer"));
    expect(open(hinted).payload, "one key, no choice").toEqual(revocation);
  });

  test("is read with either base64 alphabet, padded or not", () => {
    const alphabets = [
      (text: string) => text.replaceAll("+", "-").replaceAll("/", "_"),
      (text: string) => text.replaceAll("=", ""),
    ];
    for (const spell of alphabets) {
      const respelled = edited(({ payload, payloadType, signatures }) => ({
        payload: spell(payload),
        payloadType,
        signatures: signatures.map(({ keyid, sig }) => ({ keyid, sig: spell(sig) })),
      }));
      expect(open(respelled).payload).toEqual(revocation);
    }
  });

  test("does not open as another kind, also when its payloadType is changed", () => {
    const asManifest = { ...revocationStatement, kind: "audit-head" } as StatementKind<Revocation>;
    expect(() => openStatement(crypto, asManifest, good, signer.publicKey)).toThrow(fails("shape"));
    const relabelled = edited((fields) => ({
      ...fields,
      payloadType: "application/vnd.doorward.audit-head.v1+json",
    }));
    expect(() => openStatement(crypto, asManifest, relabelled, signer.publicKey)).toThrow(fails("signature"));
    expect(() => open(relabelled)).toThrow(fails("shape"));
  });

  test("with any one byte changed never opens to something else", () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Uint8Array.from(good, (byte, i) => (i === at ? byte ^ flip : byte));
        try {
          // A changed hint, or padding, leaves the statement what it was.
          expect(open(changed).payload).toEqual(revocation);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^statement\//) });
        }
      }),
      tries(100),
    );
  });

  test("with S + L for S does not open", () => {
    const { payload, signature, keyid } = parseEnvelope(good);
    expect(() => open(encodeEnvelope(revocationStatement, payload, keyid, malleated(signature)))).toThrow(
      fails("signature"),
    );
  });
});

describe("what is refused, and by which name", () => {
  test("more than 16 KiB, before anything is read", () => {
    expect(() => open(new Uint8Array(MAX_STATEMENT_BYTES + 1))).toThrow(fails("size"));
    expect(() => open(new Uint8Array(MAX_STATEMENT_BYTES))).toThrow(fails("encoding"));
  });

  test.each<readonly [string, string, (fields: Fields) => Json]>([
    ["two signatures", "shape", (fields) => ({ ...fields, signatures: [...fields.signatures, ...fields.signatures] })],
    ["no signature", "shape", (fields) => ({ ...fields, signatures: [] })],
    ["an unknown member", "shape", (fields) => ({ ...fields, extra: 1 })],
    ["a missing member", "shape", ({ payload, signatures }) => ({ payload, signatures })],
    ["a payload that is no text", "shape", (fields) => ({ ...fields, payload: 7 })],
    ["a payload that is no base64", "encoding", (fields) => ({ ...fields, payload: "a*bc" })],
    ["no object", "shape", () => []],
  ])("an envelope with %s", (_, code, change) => expect(() => open(edited(change))).toThrow(fails(code)));

  test("an envelope with white space", () => {
    expect(() => open(utf8(`${fromUtf8(good)} `))).toThrow(fails("encoding"));
  });

  test.each([
    ["an unknown member", "shape", '{"a":1,"device":"D","token":"T","version":1}'],
    ["a missing member", "shape", '{"device":"D","version":1}'],
    ["no version", "shape", '{"device":"D","token":"T"}'],
    ["a version that is no number", "shape", '{"device":"D","token":"T","version":"1"}'],
    ["a negative version", "shape", '{"device":"D","token":"T","version":-1}'],
    ["version 2", "version", '{"device":"D","token":"T","version":2}'],
    ["version 0", "version", '{"device":"D","token":"T","version":0}'],
    ["bytes of a wrong length", "shape", '{"device":"D","token":"D","version":1}'],
    ["bytes in padded base64", "shape", '{"device":"D","token":"T==","version":1}'],
    ["a doubled member", "encoding", '{"device":"D","token":"T","token":"T","version":1}'],
    ["members out of order", "encoding", '{"token":"T","device":"D","version":1}'],
    ["white space", "encoding", '{"device":"D", "token":"T","version":1}'],
    ["a list", "shape", '["D","T",1]'],
    ["nothing", "encoding", ""],
  ])("a signed payload with %s", async (_, code, template) => {
    const text = template
      .replaceAll('"D"', `"${toBase64url(revocation.device)}"`)
      .replaceAll('"T', `"${toBase64url(revocation.token)}`);
    expect(() => open(new Uint8Array())).toThrow();
    const envelope = await signedText(text);
    expect(() => open(envelope)).toThrow(fails(code));
  });

  test("a key of small order, whatever it signed", () => {
    const identity = Uint8Array.of(1, ...new Uint8Array(31));
    const { payload } = parseEnvelope(good);
    const forged = Uint8Array.of(1, ...new Uint8Array(63));
    const envelope = encodeEnvelope(revocationStatement, payload, keyId(crypto, identity), forged);
    expect(() => open(envelope, identity)).toThrow(fails("signature"));
  });
});

describe("consents", () => {
  const consent: Consent = {
    token: hash("token").slice(0, 16),
    device: hash("device"),
    household: 3,
    clip: hash("clip").slice(0, 16),
    manifest: hash("manifest"),
    request: null,
    lanes: [
      { lane: 1, first: 3, end: 8 },
      { lane: 2, first: 4, end: 7 },
    ],
    recipient: hash("card"),
    purpose: hash("purpose"),
    basis: "own",
    challenge: hash("challenge").slice(0, 16),
    grant: hash("grant"),
    expires: 1_900_000_000,
  };
  const written = (change: Partial<Consent>) => () => encodePayload(consentStatement, { ...consent, ...change });
  const [video, audio] = [consent.lanes[0] ?? { lane: 1, first: 1, end: 2 }, { lane: 2, first: 1, end: 2 }];

  test("of two owners over one payload have one digest", async () => {
    const payloadBytes = encodePayload(consentStatement, consent);
    const envelopes = [
      await signPayload(crypto, consentStatement, payloadBytes, signer),
      await signPayload(crypto, consentStatement, payloadBytes, stranger),
    ];
    const digests = envelopes.map((envelope) => readStatement(crypto, consentStatement, envelope).digest);
    expect(digests[0]).toEqual(digests[1]);
  });

  test.each<readonly [string, Partial<Consent>]>([
    ["no lane", { lanes: [] }],
    ["a lane twice", { lanes: [video, video] }],
    ["lanes out of order", { lanes: [audio, video] }],
    ["an empty range", { lanes: [{ lane: 1, first: 3, end: 3 }] }],
    ["a range that runs backwards", { lanes: [{ lane: 1, first: 4, end: 3 }] }],
    ["a range that begins with the init segment", { lanes: [{ lane: 1, first: 0, end: 3 }] }],
    ["the thumbnail's lane", { lanes: [{ lane: 3, first: 1, end: 2 }] }],
    ["a request without the basis for it", { request: hash("request") }],
    ["a voluntary basis without a request", { basis: "voluntary" }],
  ])("with %s are not even written", (_, change) => {
    expect(written(change)).toThrow(expect.objectContaining({ code: "json/shape" }));
  });

  test("to a request are voluntary", () => {
    expect(written({ basis: "voluntary", request: hash("request") })).not.toThrow();
  });
});

describe("recipient cards", () => {
  const card: RecipientCard = {
    name: "Officer Example, 12th precinct",
    signKey: signer.publicKey,
    boxKey: crypto.boxKeyFromSecret(hash("box")).publicKey,
    inbox: { url: "mqtts://mail.example:8883", ca: null, id: hash("inbox").slice(0, 16) },
  };
  const written = (change: Partial<RecipientCard>) => () =>
    encodePayload(recipientCardStatement, { ...card, ...change });

  test("are opened by the key they carry, and by no other signature", async () => {
    const mine = await signStatement(crypto, recipientCardStatement, card, signer);
    const notMine = await signStatement(crypto, recipientCardStatement, card, stranger);
    expect(openSelfSigned(crypto, recipientCardStatement, mine, ({ signKey }) => signKey).payload).toEqual(card);
    expect(() => openSelfSigned(crypto, recipientCardStatement, notMine, ({ signKey }) => signKey)).toThrow(
      fails("signature"),
    );
  });

  test.each<readonly [string, Partial<RecipientCard>]>([
    ["a name of 121 characters", { name: "\u{1F600}".repeat(121) }],
    ["a line break in the name", { name: "a\nb" }],
    ["a name that turns the reading direction", { name: "a\u202eb" }],
    ["a URL that is not a broker's", { inbox: { ...card.inbox, url: "https://mail.example" } }],
    ["a URL with a space", { inbox: { ...card.inbox, url: "mqtt://a b" } }],
  ])("with %s are refused", (_, change) => {
    expect(written(change)).toThrow(expect.objectContaining({ code: "json/shape" }));
  });

  test("may have a name of 120 characters of any script", () => {
    expect(written({ name: "\u{1F600}".repeat(120) })).not.toThrow();
  });
});

test("a manifest names neither device nor home", () => {
  const names = Object.keys(
    JSON.parse(
      fromUtf8(
        encodePayload(manifestStatement, {
          clip: hash("clip").slice(0, 16),
          clipKey: signer.publicKey,
          leaves: { video: 1, audio: 0, thumbnail: 0, meta: 1 },
          root: hash("root"),
          closed: "cut",
          clock: "unsynced",
        }),
      ),
    ) as object,
  );
  expect(names).toEqual(["clip", "clipKey", "clock", "closed", "leaves", "root", "version"]);
});
