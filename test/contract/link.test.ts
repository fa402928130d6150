import { mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { connectBroker } from "../../src/cli/broker-connection.ts";
import type { EmbeddedBrokerConfig, ExternalBrokerConfig } from "../../src/device/link/link-ports.ts";
import { systemClock } from "../../src/device/platform/clock.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { boxKeyOfDay } from "../../src/owner/day-keys.ts";
import { Doorbell } from "../../src/owner/doorbell.ts";
import { coSignHouseholdChange, signHouseholdChange } from "../../src/owner/household-change.ts";
import { LinkClient } from "../../src/owner/link-client.ts";
import type { MqttConnector, Timer } from "../../src/owner/owner-ports.ts";
import { pairWithCode } from "../../src/owner/pair.ts";
import { tendDays } from "../../src/owner/tend-days.ts";
import { fromBase64url, toHex } from "../../src/protocol/bytes.ts";
import { decodePairingCode } from "../../src/protocol/pairing-handshake.ts";
import type { MemberChange } from "../../src/protocol/statements/member.ts";
import { FakeClock } from "../fakes/fake-clock.ts";
import { testCertificate, testCertificateKey } from "./link-certificate.ts";
import {
  connectMember,
  type Device,
  type Mosquitto,
  mqttPortOf,
  newPhone,
  type Phone,
  startDevice,
  startMosquitto,
} from "./link-rig.ts";

const TODAY = 20_000;
const RETENTION_DAYS = 14;

const brokers = [
  { name: "the embedded broker", external: false },
  { name: "Mosquitto", external: true },
] as const;

describe.each(brokers)("the link through $name", ({ external }) => {
  let mosquitto: Mosquitto | null = null;
  let device: Device;
  let phone: Phone;
  const clients: LinkClient[] = [];

  const open = async (who: Phone): Promise<{ client: LinkClient; doorbell: Doorbell }> => {
    const client = await LinkClient.open(who.ports);
    clients.push(client);
    return { client, doorbell: new Doorbell(client) };
  };
  const pairOwner = async (): Promise<void> => {
    const { qrText } = await device.link.startPairing();
    const { role } = await pairWithCode(phone.ports, phone.signer.publicKey, qrText);
    expect(role).toBe("owner");
  };
  const addOwner = async (): Promise<Phone> => {
    const second = await newPhone();
    const { doorbell } = await open(phone);
    const { result } = await doorbell.ask("invite", {});
    expect((await pairWithCode(second.ports, second.signer.publicKey, result.qr)).role).toBe("waiting");
    await change(doorbell, phone, { member: second.signer.publicKey, role: "owner" });
    return second;
  };
  const change = async (doorbell: Doorbell, who: Phone, wish: Partial<MemberChange>) => {
    const { state, quorum } = await doorbell.household();
    const deviceKey = fromBase64url((await who.ports.store.device()).deviceKey);
    const whole = { device: deviceKey, state: state + 1, member: who.signer.publicKey, role: "owner" as const, quorum };
    return doorbell.changeHousehold(await signHouseholdChange(nodeCrypto, who.signer, { ...whole, ...wish }));
  };

  beforeEach(async () => {
    mosquitto = external ? await startMosquitto() : null;
    const embedded: EmbeddedBrokerConfig = { kind: "embedded", host: "127.0.0.1", port: 0 };
    const broker: EmbeddedBrokerConfig | ExternalBrokerConfig =
      mosquitto === null ? embedded : { kind: "external", url: mosquitto.url };
    device = await startDevice(broker);
    phone = await newPhone();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await device.stop();
    await mosquitto?.stop();
  });

  test("the first phone to scan the code becomes the owner, and its requests are answered", async () => {
    await pairOwner();
    device.link.onRequest("status", ({ args, attachment, member }) => {
      expect(member.role).toBe("owner");
      return { result: { asked: args }, attachment };
    });
    const { client } = await open(phone);
    const answer = await client.request("status", {}, { attachment: Uint8Array.of(1, 2, 3) });
    expect(answer).toMatchObject({ result: { asked: {} }, attachment: Uint8Array.of(1, 2, 3) });
    expect(device.windows).toEqual(["open", "closed"]);
  });

  test("a code is good once, and the button opens no window while there is an owner", async () => {
    const { qrText } = await device.link.startPairing();
    await pairWithCode(phone.ports, phone.signer.publicKey, qrText);
    const late = await newPhone();
    const fast = {
      ...late.ports,
      timer: { after: (_ms: number, call: () => void) => phone.ports.timer.after(300, call) },
    };
    await expect(pairWithCode(fast, late.signer.publicKey, qrText)).rejects.toMatchObject({
      code: external ? "owner/no-answer" : "owner/broker-away",
    });
    await expect(device.link.startPairing()).rejects.toMatchObject({ code: "link/household-exists" });
  });

  test("a rejected request gets no answer; its code is in the log", async () => {
    await pairOwner();
    device.link.onRequest("pin", () => ({ rejected: "test/refused" }));
    const { client } = await open(phone);
    await expect(client.request("pin", {}, { answerWithinMs: 300 })).rejects.toMatchObject({ code: "owner/no-answer" });
    expect(device.log.codes).toContain("test/refused");
    await expect(client.request("no-such-op", {}, { answerWithinMs: 300 })).rejects.toThrow();
    expect(device.log.codes).toContain("link/unknown-op");
  });

  test("a member's requests that are being worked on are bounded; the surplus is dropped by code", async () => {
    await pairOwner();
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    device.link.onRequest("pin", async () => {
      await released;
      return { result: {} };
    });
    const { client } = await open(phone);
    const answers = Array.from({ length: 20 }, () =>
      client.request("pin", {}, { answerWithinMs: 1500 }).catch(() => null),
    );
    await device.log.seen("link/busy", 4);
    release();
    expect((await Promise.all(answers)).filter((answer) => answer !== null)).toHaveLength(16);
    await expect((await open(phone)).doorbell.household()).resolves.toMatchObject({ state: 1 });
  });

  test("two programs of one member share a link: who fell behind with its counters is answered all the same", async () => {
    await pairOwner();
    const first = await open(phone);
    await first.doorbell.household();
    const second = await open(phone);
    await second.doorbell.household();
    const hurried = { answerWithinMs: 400, again: true };
    expect(await first.client.request("household", {}, hurried)).toMatchObject({ result: { state: 1 } });
    expect(device.log.codes).toContain("link/replayed");
  });

  test("a notice reaches every member that listens", async () => {
    await pairOwner();
    const { client } = await open(phone);
    const heard = new Promise((resolve) => client.onNotice(({ notice, fields }) => resolve({ notice, fields })));
    device.link.notify("ring", { atMs: 5 });
    expect(await heard).toEqual({ notice: "ring", fields: { atMs: 5 } });
  });

  test("after a restart of the device the member's link goes on, with rising counters", async () => {
    await pairOwner();
    const before = await open(phone);
    await before.doorbell.household();
    if (!external) {
      device = await device.restart();
      const port = String(device.link.brokerPort);
      await phone.ports.store.updateDevice((paired) => ({ ...paired, brokers: `mqtt://127.0.0.1:${port}` }));
    } else device = await device.restart();
    const { doorbell } = await open(phone);
    expect((await doorbell.household()).members).toHaveLength(1);
    expect(device.log.codes).not.toContain("link/replayed");
  });

  test("uploaded day keys are what clips are wrapped to, and only this owner can derive their secrets", async () => {
    await pairOwner();
    expect(await device.link.recipientsForClip(TODAY, true)).toEqual([]);
    const { doorbell } = await open(phone);
    const tended = { today: TODAY, doorbellDay: TODAY, retentionDays: RETENTION_DAYS };
    await tendDays(nodeCrypto, phone.ports.store, doorbell, tended);
    const { days } = await phone.ports.store.read();
    const keyOf = (day: number): string => toHex(boxKeyOfDay(nodeCrypto, days, day)?.publicKey ?? new Uint8Array());
    const wrappedTo = async (day: number, synced: boolean) =>
      (await device.link.recipientsForClip(day, synced)).map((to) => ({ day: to.day, key: toHex(to.publicKey) }));
    expect(await wrappedTo(TODAY + 3, true)).toEqual([{ day: TODAY + 3, key: keyOf(TODAY + 3) }]);
    const last = [{ day: TODAY + 120, key: keyOf(TODAY + 120) }];
    expect(await wrappedTo(TODAY + 3, false), "clock not synced").toEqual(last);
    expect(await wrappedTo(TODAY + 500, true), "no key for the day").toEqual(last);
    expect(await wrappedTo(TODAY + 1, true), "the clock went back").toEqual(last);
  });

  test("a pairing is confirmed by the first word of the device, also where its word of welcome got lost", async () => {
    const { qrText } = await device.link.startPairing();
    const timer: Timer = { after: (ms, call) => systemClock.after(Math.min(ms, 1_500), call) };
    const connect: MqttConnector = async (login) => {
      const port = await connectMember(login);
      let heard = 0;
      return {
        ...port,
        subscribe: (topic, onMessage) =>
          port.subscribe(topic, (bytes, retained) => {
            heard += 1;
            if (heard === 1) onMessage(bytes, retained);
          }),
      };
    };
    const hard = { ...phone.ports, connect, timer };
    await expect(pairWithCode(hard, phone.signer.publicKey, qrText)).rejects.toMatchObject({
      code: "owner/pairing-refused",
    });
    expect((await phone.ports.store.device()).unconfirmed).toBe(true);
    const { client, doorbell } = await open(phone);
    expect((await doorbell.household()).members).toHaveLength(1);
    await client.close();
    expect((await phone.ports.store.device()).unconfirmed).toBe(false);
  });

  test("a second phone joins by invitation only, and waits until an owner admits it", async () => {
    await pairOwner();
    const second = await newPhone();
    const { doorbell } = await open(phone);
    const { result } = await doorbell.ask("invite", {});
    await pairWithCode(second.ports, second.signer.publicKey, result.qr);
    const joining = await open(second);
    await expect(joining.client.request("household", {}, { answerWithinMs: 300 })).rejects.toThrow();
    expect(device.log.codes).toContain("link/not-admitted");
    expect((await doorbell.household()).waiting).toEqual([second.signer.publicKey]);
    expect(await change(doorbell, phone, { member: second.signer.publicKey, role: "viewer" })).toEqual({
      outcome: "applied",
      missing: 0,
    });
    expect((await joining.doorbell.household()).members.map(({ role }) => role)).toEqual(["owner", "viewer"]);
  });

  test("a viewer may not invite", async () => {
    await pairOwner();
    const viewer = await addOwner();
    const { doorbell } = await open(phone);
    await change(doorbell, phone, { member: viewer.signer.publicKey, role: "viewer" });
    const { client } = await open(viewer);
    await expect(client.request("invite", {}, { answerWithinMs: 300 })).rejects.toThrow();
    expect(device.log.codes).toContain("link/not-an-owner");
  });

  test("with a quorum of two, a change waits for the second owner's signature over the same payload", async () => {
    await pairOwner();
    const second = await addOwner();
    const first = await open(phone);
    const other = await open(second);
    expect(await change(first.doorbell, phone, { quorum: 2 })).toMatchObject({ outcome: "applied" });
    const removal: Partial<MemberChange> = { member: second.signer.publicKey, role: "none", quorum: 1 };
    expect(await change(first.doorbell, phone, removal)).toEqual({ outcome: "waiting", missing: 1 });
    expect(await change(first.doorbell, phone, removal), "twice is still one owner").toMatchObject({ missing: 1 });
    const [proposal] = (await other.doorbell.household()).proposals;
    const payload = fromBase64url(proposal?.payload ?? "");
    const coSigned = await coSignHouseholdChange(nodeCrypto, second.signer, payload);
    await other.client.request("household-change", {}, { attachment: coSigned, answerWithinMs: 500 }).catch(() => {});
    expect((await first.doorbell.household()).members).toHaveLength(1);
    expect(device.link.view().removed).toEqual([second.signer.publicKey]);
  });

  test("a removed member's link is gone at once", async () => {
    await pairOwner();
    const second = await addOwner();
    const { doorbell } = await open(phone);
    const gone = await open(second);
    await gone.doorbell.household();
    await change(doorbell, phone, { member: second.signer.publicKey, role: "none" });
    await expect(gone.client.request("household", {}, { answerWithinMs: 300 })).rejects.toThrow();
  });

  test("a household keeps at least as many owners as its quorum", async () => {
    await pairOwner();
    const { client, doorbell } = await open(phone);
    const { state } = await doorbell.household();
    const deviceKey = fromBase64url((await phone.ports.store.device()).deviceKey);
    const lonely = {
      device: deviceKey,
      state: state + 1,
      member: phone.signer.publicKey,
      role: "none" as const,
      quorum: 1,
    };
    const attachment = await signHouseholdChange(nodeCrypto, phone.signer, lonely);
    await expect(client.request("household-change", {}, { attachment, answerWithinMs: 300 })).rejects.toThrow();
    expect(device.log.codes).toContain("link/last-owner");
  });

  test("a factory reset forgets everybody, erases the wraps, and lets a new owner in", async () => {
    await pairOwner();
    const { client } = await open(phone);
    await device.link.factoryReset();
    expect(device.erasedWraps()).toBe(1);
    expect(device.link.view().members).toEqual([]);
    await expect(client.request("household", {}, { answerWithinMs: 300 })).rejects.toThrow();
    const stored = await readFile(join(device.dir, "household.json"), "utf8");
    expect(stored).not.toContain("toDeviceKey");
    phone = await newPhone();
    await pairOwner();
  });

  test("household and counters are readable by the daemon's user alone", async () => {
    await pairOwner();
    for (const name of ["household.json", "link-counters.bin"]) {
      expect((await stat(join(device.dir, name))).mode & 0o777).toBe(0o600);
    }
  });
});

test("a damaged household file stops the link with its code and is left as it is", async () => {
  const dir = await mkdtemp(join(tmpdir(), "doorward-link-"));
  await writeFile(join(dir, "household.json"), '{"version":1,"state":');
  await expect(startDevice(undefined, { dir })).rejects.toMatchObject({ code: "link/household-damaged" });
  expect(await readFile(join(dir, "household.json"), "utf8")).toBe('{"version":1,"state":');
});

test("while the broker is away nothing waits for it, and the link comes back with it", async () => {
  const first = await startMosquitto();
  let wentDown = (): void => {};
  let cameBack = (): void => {};
  const down = new Promise<void>((resolve) => {
    wentDown = resolve;
  });
  const back = new Promise<void>((resolve) => {
    cameBack = resolve;
  });
  const seen: string[] = [];
  const device = await startDevice(
    { kind: "external", url: first.url },
    {
      onLinkChange: (state) => {
        seen.push(state);
        if (state === "down") wentDown();
        if (seen.length === 3) cameBack();
      },
    },
  );
  const phone = await newPhone();
  const { qrText } = await device.link.startPairing();
  await pairWithCode(phone.ports, phone.signer.publicKey, qrText);
  await first.stop();
  await down;
  device.link.notify("ring", { atMs: 1 });
  expect(await device.link.recipientsForClip(TODAY, true)).toEqual([]);
  const second = await startMosquitto(first.port);
  await back;
  const client = await LinkClient.open(phone.ports);
  expect((await new Doorbell(client).household()).members).toHaveLength(1);
  expect(seen).toEqual(["up", "down", "up"]);
  await client.close();
  await device.stop();
  await second.stop();
});

test("a device whose broker is not there yet starts all the same", async () => {
  const gone = await startMosquitto();
  await gone.stop();
  const device = await startDevice({ kind: "external", url: gone.url }, { waitUntilUp: false });
  expect(device.link.state).toBe("down");
  await device.log.seen("link/broker-down");
  await device.stop();
});

test("a port that another program holds does not stop the device; it is logged", async () => {
  const other = await startMosquitto();
  const device = await startDevice({ kind: "embedded", host: "127.0.0.1", port: other.port });
  expect(device.log.codes).toContain("link/broker-port");
  await device.stop();
  await other.stop();
});

test("the pairing window closes by itself after three minutes", async () => {
  const clock = new FakeClock();
  const device = await startDevice(undefined, { clock });
  const { qrText, closesAfterMs } = await device.link.startPairing();
  expect(closesAfterMs).toBe(180_000);
  await clock.advance(179_000);
  expect(device.windows).toEqual(["open"]);
  await clock.advance(1_000);
  expect(device.windows).toEqual(["open", "closed"]);
  const phone = await newPhone();
  await expect(pairWithCode(phone.ports, phone.signer.publicKey, qrText)).rejects.toMatchObject({
    code: "owner/broker-away",
  });
  const again = await device.link.startPairing();
  expect((await pairWithCode(phone.ports, phone.signer.publicKey, again.qrText)).role).toBe("owner");
  await device.stop();
});

describe("the first pairing's code", () => {
  const secretFile = (device: Device): string => join(device.dir, "first-pairing.bin");

  test("that was read from the card is good in a window after a restart, and for nobody once somebody has paired", async () => {
    const before = await startDevice();
    const { qrText } = await before.link.startPairing();
    expect((await stat(secretFile(before))).mode & 0o777).toBe(0o600);
    const device = await before.restart();
    const { secret } = decodePairingCode(nodeCrypto, qrText);
    const reopened = (await device.link.startPairing()).qrText;
    expect(decodePairingCode(nodeCrypto, reopened).secret).toEqual(secret);
    await device.link.startPairing(); // a window after a window is open as well
    const phone = await newPhone();
    expect((await pairWithCode(phone.ports, phone.signer.publicKey, reopened)).role).toBe("owner");
    await vi.waitFor(() => expect(stat(secretFile(device))).rejects.toMatchObject({ code: "ENOENT" }));
    await expect(device.link.startPairing()).rejects.toMatchObject({ code: "link/household-exists" });
    await device.stop();
  });

  test("is another after a reset, and a left-over one is removed at the next start", async () => {
    const device = await startDevice();
    const { qrText } = await device.link.startPairing();
    await device.link.factoryReset();
    const { qrText: afterReset } = await device.link.startPairing();
    expect(decodePairingCode(nodeCrypto, afterReset).secret).not.toEqual(decodePairingCode(nodeCrypto, qrText).secret);
    const phone = await newPhone();
    await pairWithCode(phone.ports, phone.signer.publicKey, afterReset);
    await writeFile(secretFile(device), new Uint8Array(16));
    const again = await device.restart();
    await expect(stat(secretFile(again))).rejects.toMatchObject({ code: "ENOENT" });
    await again.stop();
  });
});

test("over TLS a phone accepts the one certificate that the code names, whoever signed it", async () => {
  const tls = { cert: testCertificate, key: testCertificateKey };
  const device = await startDevice({ kind: "embedded", host: "127.0.0.1", port: 0, tls });
  const phone = await newPhone();
  const connect =
    (pin: (sha256: Uint8Array | null) => Uint8Array | null): MqttConnector =>
    async (login) => {
      const certificateSha256 = pin(login.certificateSha256);
      const { url, username, password } = login;
      const address = { url, username, password, ...(certificateSha256 === null ? {} : { certificateSha256 }) };
      return mqttPortOf(await connectBroker(address, AbortSignal.timeout(5_000)));
    };
  const { qrText } = await device.link.startPairing();
  const others = connect((sha256) => sha256 && nodeCrypto.sha256(sha256));
  const wrong = { ...phone.ports, connect: others };
  await expect(pairWithCode(wrong, phone.signer.publicKey, qrText)).rejects.toMatchObject({
    code: "owner/broker-away",
  });
  const right = { ...phone.ports, connect: connect((sha256) => sha256) };
  expect((await pairWithCode(right, phone.signer.publicKey, qrText)).role).toBe("owner");
  await device.stop();
});
