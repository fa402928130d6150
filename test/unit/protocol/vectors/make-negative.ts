import { concatBytes, toBase64, toBase64url, u32, u64 } from "../../../../src/protocol/bytes.ts";
import { sealMessage } from "../../../../src/protocol/channel.ts";
import { encodeClipHead } from "../../../../src/protocol/clip-file.ts";
import { fragmentNonce, keyCommitment } from "../../../../src/protocol/clip-keys.ts";
import type { Crypto } from "../../../../src/protocol/crypto.ts";
import {
  encodeEnvelope,
  keyId,
  parseEnvelope,
  seedSigner,
  signPayload,
  signStatement,
} from "../../../../src/protocol/envelope.ts";
import { encodeLeaf, type LeafData, sealFragment } from "../../../../src/protocol/fragment.ts";
import { encodePairingCode, startPairing } from "../../../../src/protocol/pairing-handshake.ts";
import { sealTo } from "../../../../src/protocol/sealed-message.ts";
import { consentStatement } from "../../../../src/protocol/statements/consent.ts";
import { revocationStatement } from "../../../../src/protocol/statements/revocation.ts";
import { malleated, smallOrderPoints } from "../ed25519-points.ts";
import { withSeededRandomness } from "../seeded-crypto.ts";
import { twoKeySecretbox } from "../two-key-secretbox.ts";
import { codeOf, type NegativeCheck, type NegativeInput } from "./negative-checks.ts";
import { sampleClip } from "./sample-clip.ts";
import { fixed, fixedId, textOf, toHex, utf8, type VectorFile } from "./vector-file.ts";

interface Case {
  readonly name: string;
  readonly check: NegativeCheck;
  readonly input: NegativeInput;
}

const flip = (bytes: Uint8Array, at: number): Uint8Array => bytes.with(at, (bytes[at] ?? 0) ^ 1);

async function statementCases(crypto: Crypto): Promise<Case[]> {
  const owner = seedSigner(crypto, fixed("owner"));
  const signers = toHex(owner.publicKey);
  const [device, token] = [toBase64url(fixed("device")), toBase64url(fixedId("token"))];
  const good = await signStatement(
    crypto,
    revocationStatement,
    { device: fixed("device"), token: fixedId("token") },
    owner,
  );
  const { payload, signature, keyid } = parseEnvelope(good);
  const kind = revocationStatement.kind;
  const signed = async (name: string, text: string): Promise<Case> => {
    const envelope = await signPayload(crypto, revocationStatement, utf8(text), owner);
    return { name, check: "statement", input: { kind, envelope: textOf(envelope), signers } };
  };
  const edited = (name: string, envelope: string): Case => ({
    name,
    check: "statement",
    input: { kind, envelope, signers },
  });
  const text = textOf(good);
  const relabelled = text.replace("doorward.revocation", "doorward.consent");
  const enveloped = (sig: Uint8Array, by = keyid): string =>
    textOf(encodeEnvelope(revocationStatement, payload, by, sig));
  const identity = smallOrderPoints[0] ?? new Uint8Array();
  return [
    edited("envelope above 16 KiB", text + " ".repeat(16_384)),
    edited("envelope with white space", `${text}\n`),
    edited("envelope with a doubled member", text.replace("{", '{"payload":"",')),
    edited("envelope with an unknown member", text.replace("{", '{"a":1,')),
    edited("envelope without signatures", text.replace(/"signatures":\[.*\]/, '"signatures":[]')),
    edited("envelope of another kind", relabelled),
    {
      ...edited("statement of another kind under that kind's name", relabelled),
      input: { kind: consentStatement.kind, envelope: relabelled, signers },
    },
    edited("payload in broken base64", text.replace(toBase64(payload), `${toBase64(payload).slice(0, -3)}===`)),
    edited("signature by S + L", enveloped(malleated(signature))),
    edited("signature changed", enveloped(flip(signature, 3))),
    edited("signature of 63 bytes", enveloped(signature.subarray(1))),
    edited("signer unknown", enveloped(signature, keyId(crypto, fixed("nobody")))),
    {
      ...edited("signer of small order", enveloped(concatBytes(identity, new Uint8Array(32)), keyId(crypto, identity))),
      input: {
        kind,
        envelope: enveloped(concatBytes(identity, new Uint8Array(32)), keyId(crypto, identity)),
        signers: toHex(identity),
      },
    },
    await signed("payload with white space", `{"device":"${device}","token":"${token}", "version":1}`),
    await signed("payload with members out of order", `{"token":"${token}","device":"${device}","version":1}`),
    await signed(
      "payload with a doubled member",
      `{"device":"${device}","token":"${token}","token":"${token}","version":1}`,
    ),
    await signed("payload with an unknown member", `{"a":1,"device":"${device}","token":"${token}","version":1}`),
    await signed("payload with a missing member", `{"device":"${device}","version":1}`),
    await signed("payload with padded base64", `{"device":"${device}=","token":"${token}","version":1}`),
    await signed("payload with a token too long", `{"device":"${device}","token":"${device}","version":1}`),
    await signed("payload without a version", `{"device":"${device}","token":"${token}"}`),
    await signed("payload of version 2", `{"device":"${device}","token":"${token}","version":2}`),
    await signed("payload that is no object", "[]"),
    await signed("payload of a lone surrogate", '"\\ud800"'),
    await signed("payload with a float", '{"version":1.5}'),
  ];
}

function fragmentCases(crypto: Crypto): Case[] {
  const clip = fixedId("clip");
  const key = fixed("fragment key");
  const nonce = fragmentNonce(clip, 1, 7);
  const { leaf, ciphertext } = sealFragment(crypto, clip, 1, 7, key, utf8("picture"));
  const make = (name: string, over: Partial<{ leaf: LeafData; key: Uint8Array; ciphertext: Uint8Array }>): Case => {
    const parts = { leaf, key, ciphertext, ...over };
    const input = {
      clip: toHex(clip),
      leaf: toHex(encodeLeaf(parts.leaf)),
      key: toHex(parts.key),
      ciphertext: toHex(parts.ciphertext),
    };
    return { name, check: "fragment", input };
  };
  const second = fixed("second key");
  const twoKeys = twoKeySecretbox(key, second, nonce);
  const leafOf = (bytes: Uint8Array): LeafData => ({
    ...leaf,
    length: bytes.length,
    ciphertextHash: crypto.sha256(bytes),
    keyCommitment: keyCommitment(crypto, key, nonce),
  });
  const changed = flip(ciphertext, 4);
  return [
    make("fragment changed", { ciphertext: changed }),
    make("fragment cut short", { ciphertext: ciphertext.subarray(1) }),
    make("fragment of another length", { leaf: { ...leaf, length: leaf.length + 1 } }),
    make("fragment with another key", { key: second }),
    make("fragment moved to another place", { leaf: { ...leaf, index: 8 } }),
    make("fragment that opens under two keys, with the one not committed to", {
      leaf: leafOf(twoKeys),
      ciphertext: twoKeys,
      key: second,
    }),
    make("fragment that was never sealed with its key", { leaf: leafOf(changed), ciphertext: changed }),
    { name: "leaf data too short", check: "leaf", input: { bytes: toHex(encodeLeaf(leaf).subarray(1)) } },
    { name: "leaf data of lane 5", check: "leaf", input: { bytes: toHex(encodeLeaf({ ...leaf, lane: 5 })) } },
  ];
}

function sealedCases(crypto: Crypto): Case[] {
  const boxSecret = fixed("recipient box");
  const { publicKey } = crypto.boxKeyFromSecret(boxSecret);
  const entry = (lane: number, index: number): Uint8Array => concatBytes(Uint8Array.of(lane), u32(index), fixed("k"));
  const grant = (name: string, ...parts: Uint8Array[]): Case => ({
    name,
    check: "grant",
    input: {
      grant: toHex(sealTo(crypto, publicKey, concatBytes(fixedId("clip"), ...parts))),
      boxSecret: toHex(boxSecret),
    },
  });
  const weak = ["00".repeat(32), `01${"00".repeat(31)}`, `ec${"ff".repeat(30)}7f`];
  return [
    grant("grant with a key twice", entry(1, 1), entry(1, 1)),
    grant("grant out of order", entry(1, 2), entry(1, 1)),
    grant("grant of lane 5", entry(5, 1)),
    grant("grant cut short", entry(1, 1).subarray(0, 36)),
    { name: "wrap too short", check: "wrap", input: { bytes: "00".repeat(83) } },
    ...weak.map(
      (point, i): Case => ({
        name: `agreement with a point of small order (${i + 1})`,
        check: "agreement",
        input: { secret: toHex(boxSecret), publicKey: point },
      }),
    ),
  ];
}

async function fileCases(crypto: Crypto): Promise<Case[]> {
  const { file, clip, wraps } = await sampleClip(crypto);
  const head = encodeClipHead(crypto, { clip, day: 20_503, wraps });
  const short = file.subarray(0, head.length + 400);
  const make = (name: string, bytes: Uint8Array): Case => ({ name, check: "clip-file", input: { file: toHex(bytes) } });
  const meta = (name: string, check: "opening-meta" | "closing-meta", text: string): Case => ({
    name,
    check,
    input: { bytes: toHex(utf8(text)) },
  });
  return [
    make("clip file with another magic", flip(short, 0)),
    make("clip file with a changed wrap", flip(short, 40)),
    make("clip file with a changed day", flip(short, 27)),
    make("clip file with a changed ciphertext", flip(short, head.length + 80)),
    make("clip file with a record of lane 9", flip(short, head.length).with(head.length, 9)),
    make("clip file with a record of 4 GiB", short.with(head.length + 5, 0xff)),
    meta(
      "opening meta with an unknown trigger",
      "opening-meta",
      '{"clock":"synced","preRollMs":0,"startMs":0,"trigger":"x"}',
    ),
    meta(
      "opening meta with white space",
      "opening-meta",
      '{"clock":"synced", "preRollMs":0,"startMs":0,"trigger":"ring"}',
    ),
    meta(
      "closing meta with a negative duration",
      "closing-meta",
      '{"audio":[],"durationMs":-1,"retriggers":[],"video":[]}',
    ),
  ];
}

function linkCases(crypto: Crypto): Case[] {
  const key = fixed("to device");
  const make = (name: string, message: Uint8Array, accepted = -1): Case => ({
    name,
    check: "channel",
    input: { key: toHex(key), message: toHex(message), accepted: String(accepted) },
  });
  const raw = (plain: Uint8Array): Uint8Array => {
    const nonce = crypto.randomBytes(24);
    return concatBytes(nonce, crypto.secretbox(plain, nonce, key));
  };
  const plain = (length: number, size: number, last = 0): Uint8Array => {
    const bytes = new Uint8Array(size);
    bytes.set(concatBytes(u64(5), u32(length)));
    return last === 0 ? bytes : bytes.with(size - 1, last);
  };
  const good = sealMessage(crypto, key, 5, utf8("body"));
  const deviceSeed = toHex(fixed("device"));
  const device = crypto.signingKeyFromSeed(fixed("device")).publicKey;
  const secret = fixedId("pairing secret");
  const code = { deviceKey: device, secret, broker: "mqtt://192.0.2.7:1883" };
  const owner = crypto.signingKeyFromSeed(fixed("owner")).publicKey;
  const { hello } = startPairing(crypto, code, owner);
  const paired = (name: string, bytes: Uint8Array): Case => ({
    name,
    check: "pairing-hello",
    input: { deviceSeed, pairingSecret: toHex(secret), hello: toHex(bytes) },
  });
  const scanned = (name: string, text: string): Case => ({ name, check: "pairing-code", input: { code: text } });
  return [
    make("message of half a block", raw(new Uint8Array(2_048))),
    make("message changed", flip(good, 200)),
    make("message under another key", sealMessage(crypto, fixed("another"), 6, utf8("body"))),
    make("message whose length goes beyond its blocks", raw(plain(5_000, 4_096))),
    make("message with a block too many", raw(plain(4, 8_192))),
    make("message with padding that is not zero", raw(plain(4, 4_096, 1))),
    make("message with the counter of the one before", good, 5),
    make("message with a lower counter", good, 6),
    paired("hello with a wrong MAC", flip(hello, 96)),
    paired("hello with another member key", flip(hello, 5)),
    paired("hello too short", hello.subarray(1)),
    paired("hello of a member key of small order", startPairing(crypto, code, smallOrderPoints[1] ?? owner).hello),
    scanned("code of something else", "https://example.org"),
    scanned("code without content", "doorward:"),
    scanned(
      "code with a device key of small order",
      encodePairingCode({ ...code, deviceKey: smallOrderPoints[0] ?? device }),
    ),
  ];
}

export async function makeNegative(crypto: Crypto): Promise<VectorFile> {
  const seeded = withSeededRandomness(crypto, "negative");
  const cases = [
    ...(await statementCases(seeded)),
    ...fragmentCases(seeded),
    ...sealedCases(seeded),
    ...(await fileCases(seeded)),
    ...linkCases(seeded),
  ];
  const vectors = await Promise.all(
    cases.map(async ({ name, check, input }) => ({ name, check, input, error: await codeOf(crypto, check, input) })),
  );
  return {
    about: "What must be refused: the reader that is meant, what it is given, and the code of its error",
    vectors,
  };
}
