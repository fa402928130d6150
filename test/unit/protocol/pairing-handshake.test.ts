import { describe, expect, test } from "vitest";
import { concatBytes, fromBase64url, toBase64url, utf8 } from "../../../src/protocol/bytes.ts";
import { seedSigner, signStatement } from "../../../src/protocol/envelope.ts";
import {
  acceptPairing,
  answerPairing,
  decodePairingCode,
  encodePairingCode,
  finishPairing,
  pairingTopic,
  startPairing,
} from "../../../src/protocol/pairing-handshake.ts";
import { pairingStatement } from "../../../src/protocol/statements/pairing.ts";
import { cryptoPorts } from "./crypto-ports.ts";

/** The same code with a 2 for its version. */
function laterVersion(code: string): string {
  const bytes = fromBase64url(code.slice("doorward:".length));
  return `doorward:${toBase64url(bytes.with(0, 2))}`;
}

const flip = (bytes: Uint8Array, at: number): Uint8Array =>
  Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 1 : byte));

const fails = (code: string) => expect.objectContaining({ code: `pairing/${code}` });

describe.each(cryptoPorts)("pairing with %s cryptography", (_, crypto) => {
  const hash = (text: string): Uint8Array => crypto.sha256(utf8(text));
  const device = seedSigner(crypto, hash("device"));
  const otherDevice = seedSigner(crypto, hash("other device"));
  const member = seedSigner(crypto, hash("member"));
  const secret = hash("secret").slice(0, 16);
  const code = { deviceKey: device.publicKey, secret, broker: "mqtt://10.0.0.7:1883" };

  test("ends with one key per direction, the same on both sides, and the device's signed word", async () => {
    const scanned = decodePairingCode(crypto, encodePairingCode(code));
    expect(scanned).toEqual(code);
    const { hello, state } = startPairing(crypto, scanned, member.publicKey);
    const answered = await answerPairing(crypto, device, secret, hello);
    const finished = finishPairing(crypto, state, answered.answer);
    const accepted = acceptPairing(answered.state, finished.finish);
    expect(accepted.keys).toEqual(finished.keys);
    expect(accepted.memberKey).toEqual(member.publicKey);
    const values = Object.values(finished.keys).map(String);
    expect(new Set(values).size).toBe(4);
  });

  test("twice with one code gives other keys", async () => {
    const keys = await Promise.all(
      [0, 1].map(async () => {
        const { hello, state } = startPairing(crypto, code, member.publicKey);
        return finishPairing(crypto, state, (await answerPairing(crypto, device, secret, hello)).answer).keys;
      }),
    );
    expect(keys[0]).not.toEqual(keys[1]);
  });

  test("does not answer a hello that does not know the secret, or was changed", async () => {
    const { hello } = startPairing(crypto, { ...code, secret: hash("guess").slice(0, 16) }, member.publicKey);
    await expect(answerPairing(crypto, device, secret, hello)).rejects.toThrow(fails("mac"));
    const good = startPairing(crypto, code, member.publicKey).hello;
    for (const at of [1, 40, 96]) {
      await expect(answerPairing(crypto, device, secret, flip(good, at))).rejects.toThrow(fails("mac"));
    }
    for (const bad of [new Uint8Array(0), good.subarray(1), concatBytes(good, Uint8Array.of(0)), flip(good, 0)]) {
      await expect(answerPairing(crypto, device, secret, bad)).rejects.toThrow(fails("shape"));
    }
    await expect(answerPairing(crypto, otherDevice, secret, good)).rejects.toThrow(fails("mac"));
  });

  test("does not take a member key that anyone could sign for", async () => {
    const { hello } = startPairing(crypto, code, Uint8Array.of(1, ...new Uint8Array(31)));
    await expect(answerPairing(crypto, device, secret, hello)).rejects.toThrow(fails("shape"));
  });

  test("ends for the app at a device that is not the scanned one", async () => {
    const { hello, state } = startPairing(crypto, code, member.publicKey);
    const { answer } = await answerPairing(crypto, device, secret, hello);
    expect(() => finishPairing(crypto, state, flip(answer, 40))).toThrow(fails("mac"));
    expect(() => finishPairing(crypto, state, flip(answer, 2))).toThrow(fails("mac"));
    expect(() => finishPairing(crypto, state, flip(answer, answer.length - 8))).toThrow(fails("signature"));
    expect(() => finishPairing(crypto, state, answer.subarray(0, 65))).toThrow(fails("shape"));
    const head = answer.subarray(0, 65);
    for (const [signer, transcript] of [
      [otherDevice, hash("x")],
      [device, hash("another transcript")],
    ] as const) {
      const payload = { device: device.publicKey, member: member.publicKey, transcript };
      const statement = await signStatement(crypto, pairingStatement, payload, signer);
      expect(() => finishPairing(crypto, state, concatBytes(head, statement))).toThrow(fails("signature"));
    }
  });

  test("keeps no member whose finish is wrong", async () => {
    const { hello, state } = startPairing(crypto, code, member.publicKey);
    const answered = await answerPairing(crypto, device, secret, hello);
    const { finish } = finishPairing(crypto, state, answered.answer);
    expect(() => acceptPairing(answered.state, flip(finish, 5))).toThrow(fails("mac"));
    expect(() => acceptPairing(answered.state, finish.subarray(1))).toThrow(fails("shape"));
    const deviceMac = concatBytes(Uint8Array.of(3), answered.answer.subarray(33, 65));
    expect(() => acceptPairing(answered.state, deviceMac), "the device's own MAC sent back").toThrow(fails("mac"));
  });

  test("with a weak ephemeral key is refused", async () => {
    const { hello, state } = startPairing(crypto, code, member.publicKey);
    const { answer } = await answerPairing(crypto, device, secret, hello);
    const weak = Uint8Array.from(answer);
    weak.fill(0, 1, 33);
    expect(() => finishPairing(crypto, state, weak)).toThrow(expect.objectContaining({ code: "key/weak" }));
  });

  test("names its topic by the secret alone", () => {
    expect(pairingTopic(crypto, secret)).toHaveLength(16);
    expect(pairingTopic(crypto, secret)).not.toEqual(pairingTopic(crypto, hash("other").slice(0, 16)));
  });

  test.each([
    ["nothing", ""],
    ["a web address", "https://example.org"],
    ["no content", "doorward:"],
    ["a later version", laterVersion(encodePairingCode(code))],
    ["too little", "doorward:AQAA"],
    ["a weak device key", encodePairingCode({ ...code, deviceKey: Uint8Array.of(1, ...new Uint8Array(31)) })],
    ["no broker", encodePairingCode({ ...code, broker: "" })],
    ["a broker's name without end", encodePairingCode({ ...code, broker: "m".repeat(513) })],
    ["a megabyte", `doorward:${"A".repeat(1_000_000)}`],
  ])("a scanned code with %s is refused by name", (_name, text) => {
    expect(() => decodePairingCode(crypto, text)).toThrow(fails("qr"));
  });
});
