import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync, type MqttClient } from "mqtt";
import { Link } from "../../src/device/link/link.ts";
import type { EmbeddedBrokerConfig, ExternalBrokerConfig } from "../../src/device/link/link-ports.ts";
import { type Clock, systemClock } from "../../src/device/platform/clock.ts";
import type { Log, LogFields } from "../../src/device/platform/logger.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import type { LinkClientPorts } from "../../src/owner/link-client.ts";
import type { BrokerLogin, MqttPort, OwnerStorage } from "../../src/owner/owner-ports.ts";
import type { OwnerState } from "../../src/owner/owner-state.ts";
import { OwnerStore } from "../../src/owner/owner-store.ts";
import { type Signer, seedSigner } from "../../src/protocol/envelope.ts";

/** Remembers the codes of what the device dropped, and lets a test wait for one. */
export class CodeLog implements Log {
  readonly codes: string[] = [];
  readonly #waiting: { code: string; resolve: () => void }[] = [];

  debug(): void {}
  info(_event: string, fields?: LogFields): void {
    this.#note(fields);
  }
  warn(_event: string, fields?: LogFields): void {
    this.#note(fields);
  }
  error(_event: string, fields?: LogFields): void {
    this.#note(fields);
  }

  /** Settles once the code has been logged `count` times in all. */
  async seen(code: string, count = 1): Promise<void> {
    while (this.codes.filter((logged) => logged === code).length < count) {
      await new Promise<void>((resolve) => this.#waiting.push({ code, resolve }));
    }
  }

  #note(fields?: LogFields): void {
    if (typeof fields?.code !== "string") return;
    this.codes.push(fields.code);
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }
}

export class MemoryStorage implements OwnerStorage {
  #state: OwnerState | null = null;
  load(): Promise<OwnerState | null> {
    return Promise.resolve(this.#state);
  }
  compareAndSave(next: OwnerState, expectedRevision: number): Promise<boolean> {
    if ((this.#state?.revision ?? 0) !== expectedRevision) return Promise.resolve(false);
    this.#state = next;
    return Promise.resolve(true);
  }
}

/** A member's connection, over the real mqtt.js. */
export const connectMember = async ({ url, username, password }: BrokerLogin): Promise<MqttPort> => {
  return mqttPortOf(await connectAsync(url, { username, password, protocolVersion: 4, reconnectPeriod: 0 }, false));
};

export function mqttPortOf(client: MqttClient): MqttPort {
  client.on("error", () => {});
  const listeners = new Map<string, (bytes: Uint8Array, retained: boolean) => void>();
  client.on("message", (topic, payload, packet) => listeners.get(topic)?.(new Uint8Array(payload), packet.retain));
  return {
    async publish(topic, bytes) {
      await client.publishAsync(topic, Buffer.from(bytes), { qos: 1 });
    },
    async subscribe(topic, onMessage) {
      listeners.set(topic, onMessage);
      await client.subscribeAsync(topic, { qos: 1 });
    },
    close: () => client.endAsync(!client.connected),
  };
}

export interface Phone {
  readonly signer: Signer;
  readonly ports: LinkClientPorts;
}

const TODAY = 20_000;

/** An owner's app with keys of its own and no doorbell yet. */
export async function newPhone(): Promise<Phone> {
  const store = new OwnerStore(new MemoryStorage());
  await store.create(nodeCrypto, TODAY);
  const timer = { after: systemClock.after };
  return {
    signer: seedSigner(nodeCrypto, randomBytes(32)),
    ports: { crypto: nodeCrypto, store, connect: connectMember, timer },
  };
}

export interface Device {
  readonly link: Link;
  readonly log: CodeLog;
  readonly dir: string;
  readonly erasedWraps: () => number;
  readonly windows: string[];
  /** Ends this process's link and starts another one on the same disk. */
  restart(): Promise<Device>;
  stop(): Promise<void>;
}

interface DeviceOptions {
  readonly dir?: string;
  readonly seed?: Uint8Array;
  readonly clock?: Clock;
  readonly waitUntilUp?: boolean;
  readonly webUrls?: () => Promise<readonly string[]>;
  readonly onLinkChange?: (state: "up" | "down") => void;
}

export async function startDevice(
  broker: EmbeddedBrokerConfig | ExternalBrokerConfig = { kind: "embedded", host: "127.0.0.1", port: 0 },
  on: DeviceOptions = {},
): Promise<Device> {
  const dir = on.dir ?? (await mkdtemp(join(tmpdir(), "doorward-link-")));
  const seed = on.seed ?? randomBytes(32);
  const log = new CodeLog();
  const windows: string[] = [];
  let erased = 0;
  let up = (): void => {};
  const whenUp = new Promise<void>((resolve) => {
    up = resolve;
  });
  const link = new Link(
    { dir, broker },
    {
      crypto: nodeCrypto,
      clock: on.clock ?? systemClock,
      log,
      deviceSigner: seedSigner(nodeCrypto, seed),
      eraseWraps: () => {
        erased += 1;
        return Promise.resolve();
      },
      onLinkChange: (state) => {
        on.onLinkChange?.(state);
        log.info("link changed", { code: `link-${state}` });
        if (state === "up") up();
      },
      onPairingWindow: (state) => windows.push(state),
      ...(on.webUrls === undefined ? {} : { webUrls: on.webUrls }),
    },
  );
  await link.start(new AbortController().signal);
  if (on.waitUntilUp !== false) await whenUp;
  const restart = async (): Promise<Device> => {
    await link.stop();
    return startDevice(broker, { ...on, dir, seed });
  };
  const stop = async (): Promise<void> => {
    await link.stop();
    await rm(dir, { recursive: true, force: true });
  };
  return { link, log, dir, erasedWraps: () => erased, windows, restart, stop };
}

export interface Mosquitto {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** A real Mosquitto on a free loopback port that lets anybody in. */
export async function startMosquitto(onPort?: number): Promise<Mosquitto> {
  const port = onPort ?? (await freePort());
  const dir = await mkdtemp(join(tmpdir(), "doorward-mosquitto-"));
  const file = join(dir, "mosquitto.conf");
  await writeFile(file, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest none\n`);
  const child: ChildProcess = spawn("/usr/sbin/mosquitto", ["-c", file], { stdio: "ignore" });
  const gone = once(child, "exit");
  await listens(port);
  return {
    url: `mqtt://127.0.0.1:${port}`,
    port,
    async stop() {
      child.kill("SIGTERM");
      await gone;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function listens(port: number): Promise<void> {
  for (;;) {
    const socket = createConnection({ port, host: "127.0.0.1" });
    try {
      await once(socket, "connect");
      return;
    } catch {
      await systemClock.sleep(20);
    } finally {
      socket.destroy();
    }
  }
}
