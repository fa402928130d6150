import { type AuditEntry, chainAfter, sealAuditEntry } from "../../../../src/protocol/audit-chain.ts";
import { sealMessage } from "../../../../src/protocol/channel.ts";
import type { Crypto } from "../../../../src/protocol/crypto.ts";
import { dayBoxKey, dayKey } from "../../../../src/protocol/day-chain.ts";
import { seedSigner, signStatement } from "../../../../src/protocol/envelope.ts";
import { linkLogin, linkTopics, pairingLogin, pairingTopics } from "../../../../src/protocol/link-login.ts";
import { encodeLinkMessage, type LinkMessage } from "../../../../src/protocol/link-message.ts";
import {
  acceptPairing,
  answerPairing,
  encodePairingCode,
  finishPairing,
  startPairing,
} from "../../../../src/protocol/pairing-handshake.ts";
import { auditHeadStatement } from "../../../../src/protocol/statements/audit-head.ts";
import { webAuthorization, webKey } from "../../../../src/protocol/web-token.ts";
import { withSeededRandomness } from "../seeded-crypto.ts";
import { CLIP_DAY, FIRST_DAY } from "./sample-clip.ts";
import { fixed, fixedId, textOf, toHex, utf8, type VectorFile } from "./vector-file.ts";

export function makeChannel(crypto: Crypto): VectorFile {
  const seeded = withSeededRandomness(crypto, "channel");
  const key = fixed("to device");
  const none = new Uint8Array(0);
  const messages: (readonly [string, LinkMessage])[] = [
    ["request", { kind: "request", id: fixed("a").slice(0, 8), op: "challenge", args: {}, attachment: none }],
    [
      "request with an attachment",
      { kind: "request", id: fixed("b").slice(0, 8), op: "revoke", args: {}, attachment: utf8("an envelope") },
    ],
    [
      "response of two blocks",
      {
        kind: "response",
        id: fixed("b").slice(0, 8),
        result: { challenge: "AAAAAAAAAAAAAAAAAAAAAA" },
        attachment: new Uint8Array(5_000).fill(7),
      },
    ],
    ["notice", { kind: "notice", notice: "clip-sealed", fields: { clip: "AAAAAAAAAAAAAAAAAAAAAA" }, attachment: none }],
  ];
  return {
    about: "Link messages: body (JSON length 4, canonical JSON, attachment) and how the channel seals it",
    vectors: messages.map(([name, message], i) => {
      const body = encodeLinkMessage(message);
      const counter = i * 1_024 + 3;
      return {
        name,
        key: toHex(key),
        counter,
        body: toHex(body),
        attachment: toHex(message.attachment),
        message: toHex(sealMessage(seeded, key, counter, body)),
      };
    }),
  };
}

export async function makePairing(crypto: Crypto): Promise<VectorFile> {
  const seeded = withSeededRandomness(crypto, "pairing");
  const device = seedSigner(crypto, fixed("device"));
  const member = crypto.signingKeyFromSeed(fixed("owner")).publicKey;
  const code = { deviceKey: device.publicKey, secret: fixedId("pairing secret"), broker: "mqtt://192.0.2.7:1883" };
  const { hello, state } = startPairing(seeded, code, member);
  const memberEphemeralSecret = Uint8Array.from(state.ephemeral.secretKey);
  const answered = await answerPairing(seeded, device, code.secret, hello);
  const { finish, keys } = finishPairing(seeded, state, answered.answer);
  const { transcript } = acceptPairing(answered.state, finish);
  return {
    about: "A pairing seen from the app: with its ephemeral secret everything can be recomputed",
    vectors: [
      {
        code: encodePairingCode(code),
        deviceSeed: toHex(fixed("device")),
        deviceKey: toHex(device.publicKey),
        pairingSecret: toHex(code.secret),
        broker: code.broker,
        memberKey: toHex(member),
        memberEphemeralSecret: toHex(memberEphemeralSecret),
        hello: toHex(hello),
        answer: toHex(answered.answer),
        finish: toHex(finish),
        transcript: toHex(transcript),
        toDeviceKey: toHex(keys.toDeviceKey),
        toMemberKey: toHex(keys.toMemberKey),
        pairingTopics: { ...pairingTopics(crypto, code.secret) },
        pairingLogin: { ...pairingLogin(crypto, code.secret) },
        linkTopics: { ...linkTopics(keys) },
        linkLogin: { ...linkLogin(crypto, keys) },
      },
    ],
  };
}

export function makeWebTokens(crypto: Crypto): VectorFile {
  const toDeviceKey = fixed("to device");
  const session = fixedId("web session");
  const clip = toHex(fixedId("clip"));
  const key = webKey(crypto, toDeviceKey);
  return {
    about: "Whose a request to the device's web server is: a session from the link, and a MAC over it and the path",
    vectors: [`/clips/${clip}/head`, `/clips/${clip}/1/0-12`].map((path) => ({
      toDeviceKey: toHex(toDeviceKey),
      webKey: toHex(key),
      session: toHex(session),
      path,
      authorization: webAuthorization(crypto, key, session, path),
    })),
  };
}

export async function makeAudit(crypto: Crypto): Promise<VectorFile> {
  const seeded = withSeededRandomness(crypto, "audit");
  const at = CLIP_DAY * 86_400;
  const member = crypto.signingKeyFromSeed(fixed("owner")).publicKey;
  const entries: AuditEntry[] = [
    { at, kind: "pairing", member },
    { at: at + 60, kind: "privacy", on: true, member: null },
    {
      at: at + 120,
      kind: "release",
      token: fixedId("token"),
      clip: fixedId("clip"),
      lanes: [{ lane: 1, first: 2, end: 5 }],
      recipient: fixed("card digest"),
      request: null,
      consent: fixed("consent digest"),
      basis: "own",
      signers: [member],
    },
  ];
  const chainKey = dayKey(crypto, fixed("owner day chain"), FIRST_DAY, CLIP_DAY);
  const { publicKey, secretKey } = dayBoxKey(crypto, chainKey);
  let chain: Uint8Array = new Uint8Array(32);
  const rows = entries.map((entry, i) => {
    const sealed = sealAuditEntry(seeded, entry, [{ day: CLIP_DAY, publicKey }]);
    chain = chainAfter(crypto, chain, i + 1, CLIP_DAY, sealed);
    const json = JSON.stringify(entry, (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString("base64url") : value,
    );
    return { sequence: i + 1, day: CLIP_DAY, sealed: toHex(sealed), chain: toHex(chain), entry: JSON.parse(json) };
  });
  const device = seedSigner(crypto, fixed("device"));
  const head = { device: device.publicKey, sequence: rows.length, chain };
  return {
    about: "An audit chain of three rows, sealed to one member, and its signed head",
    vectors: [
      {
        device: toHex(device.publicKey),
        day: CLIP_DAY,
        boxSecret: toHex(secretKey),
        rows,
        head: textOf(await signStatement(crypto, auditHeadStatement, head, device)),
      },
    ],
  };
}
