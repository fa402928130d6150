import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { connectAsync, type MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectBroker } from "../../src/cli/broker-connection.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { Doorbell } from "../../src/owner/doorbell.ts";
import { signHouseholdChange } from "../../src/owner/household-change.ts";
import { LinkClient } from "../../src/owner/link-client.ts";
import { linkKeysOf } from "../../src/owner/owner-state.ts";
import { pairWithCode } from "../../src/owner/pair.ts";
import { linkLogin, linkTopics, pairingLogin, pairingTopics } from "../../src/protocol/link-login.ts";
import { decodePairingCode, startPairing } from "../../src/protocol/pairing-handshake.ts";
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

const TEN_MEGABYTES = 10 * 1024 * 1024;

/** What a phone sends, as anybody sees it who listens to the broker. */
function tapped(phone: Phone): { phone: Phone; sent: { topic: string; bytes: Uint8Array }[] } {
  const sent: { topic: string; bytes: Uint8Array }[] = [];
  const connect: typeof connectMember = async (login) => {
    const port = await connectMember(login);
    return {
      ...port,
      publish: (topic, bytes) => {
        sent.push({ topic, bytes });
        return port.publish(topic, bytes);
      },
    };
  };
  return { phone: { ...phone, ports: { ...phone.ports, connect } }, sent };
}

/** Unlike events.once, takes a reset connection for a closed one, and one that closed before. */
function closeOf(connection: Socket | MqttClient): Promise<void> {
  if ("closed" in connection && connection.closed) return Promise.resolve();
  return new Promise((resolve) => void connection.once("close", () => resolve()));
}

function messageOf(client: MqttClient): Promise<void> {
  return new Promise((resolve) => void client.once("message", () => resolve()));
}

const stop: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const each of stop.splice(0).toReversed()) await each();
});

/** As the command line connects: over TLS only to the certificate that the code names. */
const connectPinned: typeof connectMember = async (login) => {
  const { certificateSha256, ...address } = login;
  if (certificateSha256 === null) return connectMember(login);
  return mqttPortOf(await connectBroker({ ...address, certificateSha256 }, AbortSignal.timeout(5_000)));
};

async function paired(device: Device): Promise<Phone> {
  const unpaired = await newPhone();
  const phone = { ...unpaired, ports: { ...unpaired.ports, connect: connectPinned } };
  const { qrText } = await device.link.startPairing();
  await pairWithCode(phone.ports, phone.signer.publicKey, qrText);
  return phone;
}

async function opened(phone: Phone): Promise<LinkClient> {
  const client = await LinkClient.open(phone.ports);
  stop.push(() => client.close());
  return client;
}

async function keysOf(phone: Phone) {
  const keys = linkKeysOf(await phone.ports.store.device());
  return { ...linkLogin(nodeCrypto, keys), topics: linkTopics(keys) };
}

async function mqtt(url: string, login: { username?: string; password?: string } = {}): Promise<MqttClient> {
  const client = await connectAsync(url, { ...login, protocolVersion: 4, reconnectPeriod: 0 }, false);
  client.on("error", () => {});
  stop.push(() => client.endAsync(true).catch(() => {}));
  return client;
}

const isAnswered = async (client: LinkClient): Promise<boolean> =>
  (await new Doorbell(client).household()).members.length > 0;

describe("the embedded broker", () => {
  let device: Device;
  let owner: Phone;
  let url: string;

  beforeEach(async () => {
    device = await startDevice();
    stop.push(() => device.stop());
    owner = await paired(device);
    url = `mqtt://127.0.0.1:${device.link.brokerPort}`;
  });

  test("lets no stranger in: not without a name, not with a guess, not with a member's name alone", async () => {
    const { username, password } = await keysOf(owner);
    for (const login of [{}, { username: "admin", password: "admin" }, { username, password: "guess" }]) {
      await expect(mqtt(url, login)).rejects.toThrow(/Not authorized|Connection refused/);
    }
    expect(device.log.codes).toContain("link/login-refused");
    await mqtt(url, { username, password }); // control: the member's own login
  });

  test("gives a member its own topic and no other: not a wildcard, not another member's, not the device's", async () => {
    const { doorbell, second } = await withSecondPhone(device, owner);
    const spy = await mqtt(url, await keysOf(second));
    const { topics } = await keysOf(owner);
    const own = (await keysOf(second)).topics.toMember;
    const heard: string[] = [];
    spy.on("message", (topic) => heard.push(topic));
    for (const topic of ["#", "+", "$SYS/#", topics.toMember, topics.toDevice]) {
      await spy.subscribeAsync(topic, { qos: 1 }).catch(() => {});
    }
    await doorbell.household();
    expect(heard).toEqual([]);
    expect(device.log.codes).toContain("link/denied-subscribe");
    await spy.subscribeAsync(own, { qos: 1 }); // control: a notice reaches its own topic
    const notice = messageOf(spy);
    device.link.notify("ring", { atMs: 1 });
    await notice;
    expect(heard).toEqual([own]);
  });

  test("ends the connection of a member who writes to another's topic", async () => {
    const { second } = await withSecondPhone(device, owner);
    const spy = await mqtt(url, await keysOf(second));
    const closed = closeOf(spy);
    spy.publish((await keysOf(owner)).topics.toDevice, "x", { qos: 1 });
    await closed;
    expect(device.log.codes).toContain("link/denied-publish");
  });

  test("takes nothing retained", async () => {
    const { username, password, topics } = await keysOf(owner);
    const client = await mqtt(url, { username, password });
    const closed = closeOf(client);
    client.publish(topics.toDevice, "x", { qos: 1, retain: true });
    await closed;
    expect(device.log.codes).toContain("link/retained");
  });

  test("publishes no last will", async () => {
    const { username, password, topics } = await keysOf(owner);
    const will = { topic: topics.toDevice, payload: Buffer.from("x"), qos: 0 as const };
    const client = await connectAsync(url, { username, password, will, protocolVersion: 4, reconnectPeriod: 0 });
    client.stream.destroy();
    await closeOf(client);
    expect(await isAnswered(await opened(owner))).toBe(true);
    expect(device.log.codes, "the will would have been a message that does not open").not.toContain("link/unopened");
    const control = await mqtt(url, { username, password });
    control.publish(topics.toDevice, "x", { qos: 0 });
    await device.log.seen("link/unopened");
  });

  test("ends a stranger's connection at the header of a packet that is too large, before it has come", async () => {
    const socket = await raw(device);
    socket.write(publishHeader(TEN_MEGABYTES));
    const written = flood(socket, TEN_MEGABYTES);
    await closeOf(socket);
    expect(await written).toBe("cut off");
    await device.log.seen("link/oversized");
    expect(await isAnswered(await opened(owner))).toBe(true);
  });

  test("ends a member's connection at a message of ten megabytes; one of a megabyte passes", async () => {
    const { username, password, topics } = await keysOf(owner);
    const client = await mqtt(url, { username, password });
    const closed = closeOf(client);
    client.publish(topics.toDevice, Buffer.alloc(TEN_MEGABYTES), { qos: 0 });
    await closed;
    await device.log.seen("link/oversized");
    const control = await mqtt(url, { username, password });
    await control.publishAsync(topics.toDevice, Buffer.alloc(1024 * 1024), { qos: 1 });
    await device.log.seen("link/unopened");
  });

  test.each([
    ["", undefined],
    [" that never begin TLS", { cert: testCertificate, key: testCertificateKey }],
  ])("bounds idle connections%s, and a member gets in at once, however many there are", async (_what, tls) => {
    const secured =
      tls === undefined ? device : await startDevice({ kind: "embedded", host: "127.0.0.1", port: 0, tls });
    if (tls !== undefined) stop.push(() => secured.stop());
    const member = tls === undefined ? owner : await paired(secured);
    const idle = await Promise.all(Array.from({ length: 80 }, () => raw(secured)));
    await expect.poll(() => idle.filter(({ closed }) => closed).length).toBeGreaterThanOrEqual(64);
    expect(secured.log.codes).toContain("link/too-many-connections");
    expect(await isAnswered(await opened(member))).toBe(true);
  });
});

describe.each(["the embedded broker", "Mosquitto, where the stranger may do anything"])("through %s", (name) => {
  let mosquitto: Mosquitto | null = null;
  let device: Device;
  let url: string;
  /** The stranger's best login: a member's own on the embedded broker, anybody's on the other. */
  let stranger: (phone: Phone) => Promise<MqttClient>;

  beforeEach(async () => {
    const external = name.startsWith("Mosquitto") ? await startMosquitto() : null;
    mosquitto = external;
    if (external !== null) stop.push(() => external.stop());
    device = await startDevice(external === null ? undefined : { kind: "external", url: external.url });
    stop.push(() => device.stop());
    url = external?.url ?? `mqtt://127.0.0.1:${device.link.brokerPort}`;
    stranger = async (phone) => mqtt(url, external === null ? await keysOf(phone) : {});
  });

  test("a replayed message is dropped by code and carried out once, also after a restart", async () => {
    const { phone, sent } = tapped(await paired(device));
    let carriedOut = 0;
    const count = (on: Device): void =>
      on.link.onRequest("pin", () => {
        carriedOut += 1;
        return { result: {} };
      });
    count(device);
    const client = await opened(phone);
    await client.request("pin", {});
    const captured = sent.at(-1);
    if (captured === undefined) throw new Error("nothing captured");
    await (await stranger(phone)).publishAsync(captured.topic, Buffer.from(captured.bytes), { qos: 1 });
    await device.log.seen("link/replayed");
    await client.request("pin", {}); // control: the next counter is taken
    expect(carriedOut).toBe(2);

    device = await device.restart();
    stop.push(() => device.stop());
    count(device);
    url = mosquitto?.url ?? `mqtt://127.0.0.1:${device.link.brokerPort}`;
    await (await stranger(phone)).publishAsync(captured.topic, Buffer.from(captured.bytes), { qos: 1 });
    await device.log.seen("link/replayed");
    expect(carriedOut).toBe(2);
  });

  test("a message that does not open, a truncated and a changed one are dropped; nothing is answered", async () => {
    const { phone, sent } = tapped(await paired(device));
    const client = await opened(phone);
    await isAnswered(client);
    const captured = sent.at(-1);
    if (captured === undefined) throw new Error("nothing captured");
    const { topics } = await keysOf(phone);
    const changed = Buffer.from(captured.bytes);
    changed.writeUInt8(changed.readUInt8(100) ^ 1, 100);
    const attacker = await stranger(phone);
    const heard: Uint8Array[] = [];
    attacker.on("message", (_topic, payload) => heard.push(payload));
    await attacker.subscribeAsync(topics.toMember, { qos: 1 });
    for (const payload of ["", "x", changed, Buffer.from(captured.bytes).subarray(0, 4096)]) {
      await attacker.publishAsync(topics.toDevice, payload, { qos: 1 });
    }
    await device.log.seen("link/unopened", 4);
    expect(heard).toEqual([]);
    const control = messageOf(attacker); // what is genuine is answered, and the listener does hear it
    await Promise.all([isAnswered(client), control]);
    expect(heard).toHaveLength(1);
  });

  test("three wrong MACs close the pairing window; two do not", async () => {
    const wrongHello = async (qrText: string, times: number): Promise<void> => {
      const code = decodePairingCode(nodeCrypto, qrText);
      const attacker = await mqtt(url, mosquitto === null ? pairingLogin(nodeCrypto, code.secret) : {});
      const before = device.log.codes.filter((logged) => logged === "link/wrong-mac").length;
      for (let i = 0; i < times; i += 1) {
        const guess = { ...code, secret: nodeCrypto.randomBytes(16) };
        const { hello } = startPairing(nodeCrypto, guess, nodeCrypto.randomBytes(32));
        await attacker.publishAsync(pairingTopics(nodeCrypto, code.secret).toDevice, Buffer.from(hello), { qos: 1 });
      }
      await device.log.seen("link/wrong-mac", before + times);
    };
    const first = await device.link.startPairing();
    await wrongHello(first.qrText, 3);
    expect(device.windows).toEqual(["open", "closed"]);
    const phone = await newPhone();
    const hurried = {
      ...phone.ports,
      timer: { after: (_ms: number, call: () => void) => phone.ports.timer.after(300, call) },
    };
    await expect(pairWithCode(hurried, phone.signer.publicKey, first.qrText)).rejects.toThrow();

    const second = await device.link.startPairing();
    await wrongHello(second.qrText, 2);
    expect((await pairWithCode(phone.ports, phone.signer.publicKey, second.qrText)).role).toBe("owner");
  });
});

describe("a broker of the household's own choice", () => {
  let mosquitto: Mosquitto;
  let device: Device;
  let owner: Phone;

  beforeEach(async () => {
    mosquitto = await startMosquitto();
    stop.push(() => mosquitto.stop());
    device = await startDevice({ kind: "external", url: mosquitto.url });
    stop.push(() => device.stop());
    owner = await paired(device);
  });

  test("may hold a retained message for the device: it is dropped when the device comes back", async () => {
    const { phone, sent } = tapped(owner);
    const client = await opened(phone);
    await isAnswered(client);
    const captured = sent.at(-1);
    const attacker = await mqtt(mosquitto.url);
    await attacker.publishAsync(captured?.topic ?? "", Buffer.from(captured?.bytes ?? []), { qos: 1, retain: true });
    device = await device.restart();
    stop.push(() => device.stop());
    await device.log.seen("link/retained");
    expect(await isAnswered(client)).toBe(true);
  });

  test("may deliver ten megabytes: the device cuts the connection, comes back and goes on", async () => {
    const { topics } = await keysOf(owner);
    const attacker = await mqtt(mosquitto.url);
    await attacker.publishAsync(topics.toDevice, Buffer.alloc(TEN_MEGABYTES), { qos: 0 });
    await device.log.seen("link/oversized");
    await device.log.seen("link-up", 2);
    expect(await isAnswered(await opened(owner))).toBe(true);
  });
});

async function withSecondPhone(device: Device, owner: Phone): Promise<{ doorbell: Doorbell; second: Phone }> {
  const doorbell = new Doorbell(await opened(owner));
  const second = await newPhone();
  const { result } = await doorbell.ask("invite", {});
  await pairWithCode(second.ports, second.signer.publicKey, result.qr);
  const change = {
    device: decodePairingCode(nodeCrypto, result.qr).deviceKey,
    state: device.link.view().state + 1,
    member: second.signer.publicKey,
    role: "viewer" as const,
    quorum: 1,
  };
  await doorbell.changeHousehold(await signHouseholdChange(nodeCrypto, owner.signer, change));
  return { doorbell, second };
}

async function raw(device: Device): Promise<Socket> {
  const socket = createConnection({ port: device.link.brokerPort ?? 0, host: "127.0.0.1" });
  socket.on("error", () => {});
  stop.push(async () => void socket.destroy());
  await once(socket, "connect");
  socket.resume();
  return socket;
}

/** Fixed header of an MQTT PUBLISH that announces a body of this length. */
function publishHeader(length: number): Uint8Array {
  const bytes = [0x30];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | (rest >= 128 ? 0x80 : 0));
  return Uint8Array.from(bytes);
}

async function flood(socket: Socket, length: number): Promise<"cut off" | "sent"> {
  const chunk = Buffer.alloc(64 * 1024);
  for (let sent = 0; sent < length && !socket.destroyed; sent += chunk.length) {
    if (!socket.write(chunk)) await Promise.race([once(socket, "drain"), closeOf(socket)]).catch(() => {});
  }
  return socket.destroyed ? "cut off" : "sent";
}
