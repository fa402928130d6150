import "./mqtt-numbers.ts";
import type { Duplex } from "node:stream";
import { connect, type IClientOptions, MqttClient } from "mqtt";
import type { Crypto } from "../../protocol/crypto.ts";
import { type BrokerAddress, openBrokerStream } from "./mqtt-stream.ts";
import { PacketTooLarge } from "./packet-limit.ts";

/** Where a session connects: the embedded broker hands out streams, any other broker has an address. */
export type BrokerTarget = { readonly openStream: () => Duplex } | BrokerAddress;

export interface MqttSessionPorts {
  readonly crypto: Pick<Crypto, "randomBytes">;
  readonly onMessage: (topic: string, payload: Uint8Array, retained: boolean) => void;
  readonly onUp?: () => void;
  readonly onDown?: () => void;
  /** The reason of the last failed attempt; called at each. */
  readonly onError?: (error: Error) => void;
}

export interface MqttSessionOptions {
  /** Largest MQTT packet the broker may send. */
  readonly maxPacketBytes: number;
  readonly firstRetryMs?: number;
  readonly lastRetryMs?: number;
}

const MAX_IN_FLIGHT = 64;
const KEEPALIVE_SECONDS = 30;

/**
 * One MQTT 3.1.1 connection that keeps itself alive: clean session, random client id, no will, QoS 1, back-off between attempts.
 * Starting never waits and never fails; while the broker is away, publishing answers false and nothing is queued.
 */
export class MqttSession {
  readonly #target: BrokerTarget;
  readonly #options: Required<MqttSessionOptions>;
  readonly #ports: MqttSessionPorts;
  readonly #topics = new Set<string>();
  #client: MqttClient | undefined;
  #inFlight = 0;
  #up = false;

  constructor(target: BrokerTarget, options: MqttSessionOptions, ports: MqttSessionPorts) {
    this.#target = target;
    this.#options = { firstRetryMs: 500, lastRetryMs: 60_000, ...options };
    this.#ports = ports;
  }

  get up(): boolean {
    return this.#up;
  }

  start(): void {
    const { firstRetryMs, lastRetryMs } = this.#options;
    const client = this.#open({
      protocolVersion: 4,
      clean: true,
      resubscribe: false,
      queueQoSZero: false,
      reconnectPeriod: firstRetryMs,
      connectTimeout: 10_000,
      // Within the process nothing can go silent, and after a pause of it the broker would count as missed what was asleep.
      keepalive: "openStream" in this.#target ? 0 : KEEPALIVE_SECONDS,
      reconnectOnConnackError: true,
    });
    this.#client = client;
    client.on("connect", () => void this.#connected(client));
    client.on("reconnect", () => {
      const next = Math.min(lastRetryMs, (client.options.reconnectPeriod ?? firstRetryMs) * 2);
      const [random = 0] = this.#ports.crypto.randomBytes(1);
      client.options.reconnectPeriod = Math.round(next * (0.75 + random / 1024)); // homes behind one broker do not return in step
    });
    client.on("close", () => this.#lost());
    client.on("error", (error) => this.#ports.onError?.(error));
    client.on("message", (topic, payload, packet) => this.#ports.onMessage(topic, payload, packet.retain));
  }

  async stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client === undefined) return;
    await client.endAsync(true).catch(() => {});
    this.#lost();
  }

  /** True once the broker has the message; false when it is away, or so slow that too many messages wait already. */
  async publish(topic: string, payload: Uint8Array): Promise<boolean> {
    const client = this.#client;
    if (client === undefined || !client.connected || this.#inFlight >= MAX_IN_FLIGHT) return false;
    this.#inFlight += 1;
    try {
      await client.publishAsync(topic, Buffer.from(payload.buffer, payload.byteOffset, payload.length), { qos: 1 });
      return true;
    } catch {
      return false;
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** Subscribes now, if connected, and after every reconnect. */
  async subscribe(topic: string): Promise<void> {
    this.#topics.add(topic);
    if (this.#client?.connected === true) await this.#client.subscribeAsync(topic, { qos: 1 }).catch(() => {});
  }

  async unsubscribe(topic: string): Promise<void> {
    this.#topics.delete(topic);
    if (this.#client?.connected === true) await this.#client.unsubscribeAsync(topic).catch(() => {});
  }

  #open(options: IClientOptions): MqttClient {
    const target = this.#target;
    if ("openStream" in target) return new MqttClient(() => target.openStream(), options);
    const { username, password, ca } = target;
    const login = { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
    if (/^wss?:/.test(target.url))
      return connect(target.url, { ...options, ...login, ...(ca === undefined ? {} : { ca }) });
    const openStream = (): Duplex => {
      const stream = openBrokerStream(target, this.#options.maxPacketBytes);
      // mqtt.js keeps to itself what it does not know; everything else it reports.
      stream.on("error", (error) => error instanceof PacketTooLarge && this.#ports.onError?.(error));
      return stream;
    };
    return new MqttClient(openStream, { ...options, ...login });
  }

  async #connected(client: MqttClient): Promise<void> {
    client.options.reconnectPeriod = this.#options.firstRetryMs;
    try {
      if (this.#topics.size > 0) await client.subscribeAsync([...this.#topics], { qos: 1 });
    } catch {
      return; // the connection went again; the next one starts over
    }
    if (client !== this.#client || !client.connected || this.#up) return;
    this.#up = true;
    this.#ports.onUp?.();
  }

  #lost(): void {
    if (!this.#up) return;
    this.#up = false;
    this.#ports.onDown?.();
  }
}
