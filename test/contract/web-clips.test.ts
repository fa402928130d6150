import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answerWebOps } from "../../src/device/ops/web-ops.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import type { ServedClips } from "../../src/device/web/clip-routes.ts";
import { MemberSessions, SESSION_MS } from "../../src/device/web/member-sessions.ts";
import { ClipFetcher, type HttpGet } from "../../src/owner/clip-fetcher.ts";
import { Doorbell } from "../../src/owner/doorbell.ts";
import { signHouseholdChange } from "../../src/owner/household-change.ts";
import { LinkClient } from "../../src/owner/link-client.ts";
import { linkKeysOf } from "../../src/owner/owner-state.ts";
import { pairWithCode } from "../../src/owner/pair.ts";
import { fromHex, toHex } from "../../src/protocol/bytes.ts";
import type { LeafData } from "../../src/protocol/fragment.ts";
import { webAuthorization, webKey } from "../../src/protocol/web-token.ts";
import { FakeClock } from "../fakes/fake-clock.ts";
import { type Device, newPhone, type Phone, startDevice } from "./link-rig.ts";
import { type ServedApp, serveApp } from "./web-rig.ts";

const CLIP = "00112233445566778899aabbccddeeff";
const PATH = `/clips/${CLIP}/1/0-4`;
const fragments = [200_000, 5, 0, 1_000_000].map((length, i) => new Uint8Array(length).fill(i + 1));
const leaves: LeafData[] = fragments.map(({ length }, index) => ({
  lane: 1,
  index,
  // The third cannot be read: the device sends nothing where 7 bytes belong.
  length: length === 0 ? 7 : length,
  ciphertextHash: new Uint8Array(32),
  keyCommitment: new Uint8Array(32),
}));

const clips: ServedClips = {
  head: (clip) => Promise.resolve(toHex(clip) === CLIP ? new Uint8Array(9) : null),
  fragment: (clip, lane, index) =>
    Promise.resolve(toHex(clip) === CLIP && lane === 1 ? (fragments[index] ?? null) : null),
};

const stop: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const each of stop.splice(0).toReversed()) await each();
});

let device: Device;
let phone: Phone;
let doorbell: Doorbell;
let app: ServedApp;
let clock: FakeClock;

beforeEach(async () => {
  device = await startDevice();
  stop.push(() => device.stop());
  phone = await newPhone();
  await pairWithCode(phone.ports, phone.signer.publicKey, (await device.link.startPairing()).qrText);
  const link = await LinkClient.open(phone.ports);
  stop.push(() => link.close());
  doorbell = new Doorbell(link);
  clock = new FakeClock();
  const sessions = new MemberSessions({
    crypto: nodeCrypto,
    clock,
    webKeyOf: (member) => device.link.webKeyOf(member),
  });
  answerWebOps(device.link, { sessions, sessionMs: SESSION_MS });
  app = await serveApp({ clips, sessions, config: { origins: ["https://app.example"] } });
  stop.push(() => app.stop());
});

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
}

function get(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port: app.web.port, path, method, headers };
    const asked = request(options, (reply) => {
      const parts: Buffer[] = [];
      reply.on("data", (part: Buffer) => parts.push(part));
      reply.on("end", () =>
        resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body: Buffer.concat(parts) }),
      );
    });
    asked.once("error", reject);
    asked.end();
  });
}

async function keyOf(of: Phone): Promise<Uint8Array> {
  return webKey(nodeCrypto, linkKeysOf(await of.ports.store.device()).toDeviceKey);
}

const overHttp: HttpGet = async (path, authorization) => {
  const { status, body } = await get(path, { authorization });
  return {
    status,
    chunks: (async function* () {
      for (let at = 0; at < body.length; at += 70_001) yield new Uint8Array(body.subarray(at, at + 70_001));
    })(),
  };
};

/** Of the first two leaves. */
async function lengths(fetcher: ClipFetcher): Promise<(number | undefined)[]> {
  return (await fetcher.fragments(fromHex(CLIP), leaves.slice(0, 2))).map((ciphertext) => ciphertext?.length);
}

describe("a member", () => {
  test("fetches ciphertext by a session from the link; what cannot be read is told apart", async () => {
    const fetcher = new ClipFetcher({ crypto: nodeCrypto, store: phone.ports.store, get: overHttp, doorbell });
    const found = await fetcher.fragments(fromHex(CLIP), leaves);
    expect(found.map((ciphertext) => ciphertext?.length ?? null)).toEqual([200_000, 5, null, 1_000_000]);
    expect(found[1]).toEqual(fragments[1]);
  });

  test("asks for another session when the device has forgotten the first, and falls back to the link without HTTP", async () => {
    const asked: string[] = [];
    const get401Once: HttpGet = (path, authorization) => {
      asked.push(authorization);
      return asked.length === 1
        ? Promise.resolve({ status: 401, chunks: (async function* () {})() })
        : overHttp(path, authorization);
    };
    const ports = { crypto: nodeCrypto, store: phone.ports.store, doorbell };
    const again = new ClipFetcher({ ...ports, get: get401Once });
    expect(await again.fragments(fromHex(CLIP), leaves.slice(0, 1))).toEqual([fragments[0]]);
    expect(new Set(asked).size).toBe(2);

    const overLink = {
      ask: doorbell.ask.bind(doorbell),
      head: doorbell.head,
      fragments: () => Promise.resolve([null]),
    };
    const away = new ClipFetcher({
      ...ports,
      get: () => Promise.reject(new Error("away")),
      doorbell: overLink,
    });
    expect(await away.fragments(fromHex(CLIP), leaves.slice(0, 1))).toEqual([null]);
  });

  test("has a film's beginning on its way before anybody knows what the clip consists of, once", async () => {
    const asked: string[] = [];
    const noted: HttpGet = (path, authorization) => {
      asked.push(path.slice(-5));
      return overHttp(path, authorization);
    };
    const fetcher = new ClipFetcher({ crypto: nodeCrypto, store: phone.ports.store, get: noted, doorbell });
    fetcher.expectFilm(fromHex(CLIP));
    expect(await lengths(fetcher)).toEqual([200_000, 5]);
    expect(asked).toEqual(["1/0-2", "2/0-2"]);
    expect(await lengths(fetcher)).toEqual([200_000, 5]);
    expect(asked).toEqual(["1/0-2", "2/0-2", "1/0-2"]);
  });

  test("gets a beginning that broke off over the link, and none that was meant for another clip", async () => {
    const broken: HttpGet = () =>
      Promise.resolve({
        status: 200,
        chunks: (async function* () {
          yield Uint8Array.of(0, 0);
          throw new Error("the connection ended");
        })(),
      });
    const overLink = {
      ask: doorbell.ask.bind(doorbell),
      head: doorbell.head,
      fragments: () => Promise.resolve([fragments[1] ?? null]),
    };
    const ports = { crypto: nodeCrypto, store: phone.ports.store, doorbell: overLink };
    const fetcher = new ClipFetcher({ ...ports, get: broken });
    fetcher.expectFilm(fromHex(CLIP));
    expect(await fetcher.fragments(fromHex(CLIP), leaves.slice(0, 2))).toEqual([fragments[1]]);

    const other = new ClipFetcher({ ...ports, get: overHttp });
    other.expectFilm(fromHex("f".repeat(32)));
    expect(await lengths(other)).toEqual([200_000, 5]);
  });

  test("is let in for one path, for a quarter of an hour, and only while a member", async () => {
    const { session } = (await doorbell.ask("web-session", {})).result;
    const key = await keyOf(phone);
    const authorization = webAuthorization(nodeCrypto, key, session, PATH);
    const status = async (path: string, header: string): Promise<number> =>
      (await get(path, { authorization: header })).status;
    expect(await status(PATH, authorization)).toBe(200);
    expect(await status(`/clips/${CLIP}/1/0-3`, authorization)).toBe(401);
    expect(await status(`${PATH}?x`, authorization)).toBe(401);
    const wrongKey = webAuthorization(nodeCrypto, new Uint8Array(32), session, PATH);
    expect(await status(PATH, wrongKey)).toBe(401);
    expect(await status(PATH, webAuthorization(nodeCrypto, key, new Uint8Array(16), PATH))).toBe(401);
    await clock.advance(SESSION_MS - 1);
    expect(await status(PATH, authorization)).toBe(200);
    await clock.advance(1);
    expect(await status(PATH, authorization)).toBe(401);
  });

  test("who was removed is let in no more", async () => {
    const second = await newPhone();
    const { qr } = (await doorbell.ask("invite", {})).result;
    await pairWithCode(second.ports, second.signer.publicKey, qr);
    const admit = async (role: "viewer" | "none"): Promise<void> => {
      const { state } = await doorbell.household();
      const { deviceKey } = await phone.ports.store.device();
      const change = {
        device: new Uint8Array(Buffer.from(deviceKey, "base64url")),
        state: state + 1,
        member: second.signer.publicKey,
        role,
        quorum: 1,
      };
      await doorbell.ask("household-change", {}, await signHouseholdChange(nodeCrypto, phone.signer, change));
    };
    await admit("viewer");
    const link = await LinkClient.open(second.ports);
    stop.push(() => link.close());
    const { session } = (await new Doorbell(link).ask("web-session", {})).result;
    const authorization = webAuthorization(nodeCrypto, await keyOf(second), session, PATH);
    expect((await get(PATH, { authorization })).status).toBe(200); // control
    await admit("none");
    expect((await get(PATH, { authorization })).status).toBe(401);
  });

  test("of an app at a configured origin may read the answer, of another may not", async () => {
    const headers = { origin: "https://app.example", "access-control-request-method": "GET" };
    const allowed = await get(PATH, headers, "OPTIONS");
    expect(allowed.status).toBe(204);
    expect(allowed.headers["access-control-allow-origin"]).toBe("https://app.example");
    const other = await get(PATH, { ...headers, origin: "https://evil.example" }, "OPTIONS");
    expect(other.headers["access-control-allow-origin"]).toBeUndefined();
  });
});

describe("a stranger", () => {
  test.each([
    ["no header", undefined],
    ["another scheme", "Bearer x"],
    ["no base64url", "Doorward !!!"],
    ["a short one", "Doorward AAAA"],
    ["one that is far too long", `Doorward ${"A".repeat(5000)}`],
    ["zeros", `Doorward ${"A".repeat(64)}`],
  ])("with %s gets 401 and no word, whether the clip exists or not", async (_, authorization) => {
    for (const path of [PATH, `/clips/${"0".repeat(32)}/1/0-4`, `/clips/${CLIP}/head`, "/clips/x/9/y"]) {
      const { status, body } = await get(path, authorization === undefined ? {} : { authorization });
      expect({ path, status, body: body.length }).toEqual({ path, status: 401, body: 0 });
    }
  });

  test("a member asking for what is not there gets 404", async () => {
    const { session } = (await doorbell.ask("web-session", {})).result;
    const key = await keyOf(phone);
    for (const path of [
      `/clips/${"0".repeat(32)}/1/0-4`,
      `/clips/${CLIP}/1/4-1`,
      `/clips/${CLIP}/1/0-0`,
      `/clips/${CLIP}/1/0-1001`,
      `/clips/${CLIP}/9/0-1`,
      `/clips/${CLIP}/1/-1-1`,
      "/clips/x/head",
    ]) {
      const authorization = webAuthorization(nodeCrypto, key, session, path);
      expect((await get(path, { authorization })).status, path).toBe(404);
    }
  });
});
