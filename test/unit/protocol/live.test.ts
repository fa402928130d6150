import { describe, expect, test } from "vitest";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { readStatement, seedSigner } from "../../../src/protocol/envelope.ts";
import {
  fingerprintOf,
  openLiveAnswer,
  openLiveOffer,
  signLiveAnswer,
  signLiveOffer,
} from "../../../src/protocol/live.ts";
import { liveOfferStatement } from "../../../src/protocol/statements/live-offer.ts";

const byteText = (byte: number): string =>
  Array.from({ length: 32 }, () => byte.toString(16).padStart(2, "0")).join(":");
const description = (byte: number): string =>
  `v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=fingerprint:sha-256 ${byteText(byte).toUpperCase()}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 97\r\na=fingerprint:SHA-256 ${byteText(byte)}\r\n`;

describe("the fingerprint of a description", () => {
  test("is the one that all its lines name, however they are spelled", () => {
    expect(fingerprintOf(description(0xab))).toEqual(new Uint8Array(32).fill(0xab));
  });

  test.each([
    ["no fingerprint", "v=0\r\n"],
    ["two fingerprints", description(1) + description(2)],
    ["a second hash", `${description(1)}a=fingerprint:sha-1 ${byteText(1).slice(0, 59)}\r\n`],
    ["a fingerprint cut short", `a=fingerprint:sha-256 ${byteText(1).slice(0, 92)}\r\n`],
    ["more than any browser writes", `${description(1)}${"a=x\r\n".repeat(20_000)}`],
  ])("is refused with %s", (_, sdp) => {
    expect(() => fingerprintOf(sdp)).toThrow(expect.objectContaining({ code: "live/description" }));
  });
});

describe("a signed description", async () => {
  const device = seedSigner(nodeCrypto, new Uint8Array(32).fill(1));
  const member = seedSigner(nodeCrypto, new Uint8Array(32).fill(2));
  const other = seedSigner(nodeCrypto, new Uint8Array(32).fill(3));
  const session = new Uint8Array(16).fill(4);
  const expected = { device: device.publicKey, member: member.publicKey, session };
  const offer = await signLiveOffer(nodeCrypto, device, { member: member.publicKey, session }, description(5));
  const digest = readStatement(nodeCrypto, liveOfferStatement, offer.statement).digest;
  const asked = { device: device.publicKey, session, offer: digest };
  const answer = await signLiveAnswer(nodeCrypto, member, asked, description(6));

  test("opens for whom it was made", () => {
    expect(openLiveOffer(nodeCrypto, offer, expected).digest).toEqual(digest);
    expect(openLiveAnswer(nodeCrypto, answer, member.publicKey, asked).payload.fingerprint).toEqual(
      fingerprintOf(answer.sdp),
    );
  });

  test.each([
    ["another fingerprint", { sdp: description(7) }],
    ["one letter more", { sdp: `${description(5)} ` }],
  ])("is refused with %s", (_, change) => {
    expect(() => openLiveOffer(nodeCrypto, { ...offer, ...change }, expected)).toThrow(
      expect.objectContaining({ code: "live/mismatch" }),
    );
  });

  test.each([
    ["another session", { session: new Uint8Array(16) }],
    ["another member", { member: other.publicKey }],
  ])("is refused for %s", (_, change) => {
    expect(() => openLiveOffer(nodeCrypto, offer, { ...expected, ...change })).toThrow(
      expect.objectContaining({ code: "live/mismatch" }),
    );
  });

  test("is refused under another key", async () => {
    const forged = await signLiveOffer(nodeCrypto, other, { member: member.publicKey, session }, description(5));
    expect(() => openLiveOffer(nodeCrypto, forged, expected)).toThrow(
      expect.objectContaining({ code: "statement/signature" }),
    );
    expect(() => openLiveAnswer(nodeCrypto, answer, other.publicKey, asked)).toThrow(
      expect.objectContaining({ code: "statement/signature" }),
    );
  });

  test("answers one offer only", () => {
    const later = { ...asked, offer: new Uint8Array(32) };
    expect(() => openLiveAnswer(nodeCrypto, answer, member.publicKey, later)).toThrow(
      expect.objectContaining({ code: "live/mismatch" }),
    );
  });
});
