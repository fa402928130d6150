import { toHex } from "../protocol/bytes.ts";
import type { Json } from "../protocol/canonical-json.ts";
import { ChannelReceiver, sealMessage } from "../protocol/channel.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { linkLogin, linkTopics, parseBrokerUrls } from "../protocol/link-login.ts";
import {
  decodeLinkMessage,
  encodeLinkMessage,
  type LinkMessage,
  type LinkNoticeMessage,
  type LinkRequestMessage,
} from "../protocol/link-message.ts";
import type { LinkKeys } from "../protocol/pairing-handshake.ts";
import { connectHome } from "./connect-home.ts";
import { OwnerError } from "./errors.ts";
import type { MqttConnector, MqttPort, Timer } from "./owner-ports.ts";
import { linkKeysOf, type PairedDevice } from "./owner-state.ts";
import type { OwnerStore } from "./owner-store.ts";
import { SharedCounter } from "./shared-counter.ts";

const ANSWER_WITHIN_MS = 10_000;
/** Received counters are saved at every notice, at the end, and this often in between. */
const SAVE_EVERY = 64;
const NO_ATTACHMENT = new Uint8Array();

export interface LinkClientPorts {
  readonly crypto: Crypto;
  readonly store: OwnerStore;
  readonly connect: MqttConnector;
  readonly timer: Timer;
}

export interface Answer {
  readonly result: Json;
  readonly attachment: Uint8Array;
}

export interface RequestOptions {
  readonly attachment?: Uint8Array;
  /** Default 10,000. */
  readonly answerWithinMs?: number;
  /** Ask a second time when no answer comes; only for requests that may be carried out twice. */
  readonly again?: boolean;
}

/** A member's end of the sealed channel. The device answers what it accepts and is silent about the rest. */
export class LinkClient {
  readonly #ports: LinkClientPorts;
  readonly #mqtt: MqttPort;
  readonly #keys: LinkKeys;
  readonly #toDevice: string;
  readonly #receiver: ChannelReceiver;
  readonly #counter: SharedCounter;
  readonly #waiting = new Map<string, (answer: Answer) => void>();
  readonly #listeners = new Set<(notice: LinkNoticeMessage) => void>();
  #isConfirmed: boolean;
  #unsaved = 0;
  #saving: Promise<unknown> = Promise.resolve();

  private constructor(ports: LinkClientPorts, mqtt: MqttPort, keys: LinkKeys, device: PairedDevice) {
    this.#ports = ports;
    this.#mqtt = mqtt;
    this.#keys = keys;
    this.#toDevice = linkTopics(keys).toDevice;
    this.#receiver = new ChannelReceiver(ports.crypto, keys.toMemberKey, device.nextReceived - 1);
    this.#isConfirmed = device.unconfirmed !== true;
    this.#counter = new SharedCounter(ports.store);
  }

  /** @throws OwnerError `owner/not-paired`, `owner/broker-away`. */
  static async open(ports: LinkClientPorts): Promise<LinkClient> {
    const device = await ports.store.device();
    const keys = linkKeysOf(device);
    const mqtt = await connectHome(ports.connect, parseBrokerUrls(device.brokers), linkLogin(ports.crypto, keys));
    const client = new LinkClient(ports, mqtt, keys, device);
    await mqtt.subscribe(linkTopics(keys).toMember, (bytes, retained) => client.#receive(bytes, retained));
    return client;
  }

  /** @throws OwnerError `owner/no-answer`, `owner/broker-away`. @throws What the storage throws that cannot keep a counter. */
  async request(op: string, args: Json, options: RequestOptions = {}): Promise<Answer> {
    const id = this.#ports.crypto.randomBytes(8);
    const message = { kind: "request", id, op, args, attachment: options.attachment ?? NO_ATTACHMENT } as const;
    const withinMs = options.answerWithinMs ?? ANSWER_WITHIN_MS;
    for (const isLast of options.again === true ? [false, true] : [true]) {
      const answer = await this.#ask(message, withinMs);
      if (answer !== null) return answer;
      if (!isLast) this.#counter.abandonBlock();
    }
    throw new OwnerError("owner/no-answer", `the doorbell gave no answer to ${op}`);
  }

  /** The returned function ends it. */
  onNotice(listener: (notice: LinkNoticeMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await this.#mqtt.close();
    this.#save();
    await this.#saving;
  }

  /** Null when no answer comes in time: also when the broker went away and the message waits for its return. */
  #ask(message: LinkRequestMessage, withinMs: number): Promise<Answer | null> {
    const id = toHex(message.id);
    return new Promise((resolve, reject) => {
      const settle = (answer: Answer | null): void => {
        cancel();
        this.#waiting.delete(id);
        resolve(answer);
      };
      const cancel = this.#ports.timer.after(withinMs, () => settle(null));
      this.#waiting.set(id, settle);
      this.#send(message).catch((cause: unknown) => {
        cancel();
        this.#waiting.delete(id);
        reject(cause);
      });
    });
  }

  async #send(message: LinkMessage): Promise<void> {
    const counter = await this.#counter.reserve();
    const { crypto } = this.#ports;
    const sealed = sealMessage(crypto, this.#keys.toDeviceKey, counter, encodeLinkMessage(message));
    await this.#mqtt.publish(this.#toDevice, sealed).catch((cause: unknown) => {
      throw new OwnerError("owner/broker-away", "the home's broker went away", { cause });
    });
  }

  #receive(bytes: Uint8Array, retained: boolean): void {
    const message = retained ? null : this.#open(bytes);
    if (message === null) return;
    this.#unsaved += 1;
    if (message.kind === "notice" || this.#unsaved >= SAVE_EVERY || !this.#isConfirmed) this.#save();
    this.#isConfirmed = true;
    if (message.kind === "response") this.#waiting.get(toHex(message.id))?.(message);
    if (message.kind === "notice") for (const listener of this.#listeners) listener(message);
  }

  /** Whatever is not from the device, or is old, does not count: a broker may send anything. */
  #open(bytes: Uint8Array): LinkMessage | null {
    try {
      return decodeLinkMessage(this.#receiver.receive(bytes));
    } catch (error) {
      if (error instanceof ProtocolError) return null;
      throw error;
    }
  }

  #save(): void {
    if (this.#unsaved === 0) return;
    this.#unsaved = 0;
    const next = this.#receiver.accepted + 1;
    const save = (): Promise<unknown> =>
      this.#ports.store.updateDevice((device) =>
        device.nextReceived >= next && device.unconfirmed !== true
          ? device
          : { ...device, nextReceived: Math.max(device.nextReceived, next), unconfirmed: false },
      );
    // A failed save costs protection against replayed notices only; the next one repairs it.
    this.#saving = this.#saving.then(save).catch(() => {});
  }
}
