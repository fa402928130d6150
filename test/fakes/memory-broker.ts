import type { BrokerSession } from "../../src/device/publisher/ports.ts";
import type { InboxBroker } from "../../src/recipient/recipient-ports.ts";

type Listener = (topic: string, payload: Uint8Array) => void;

/** A broker between one device and one recipient that a test can make fail at any message. */
export class MemoryBroker {
  /** Every message that anybody published, in order. */
  readonly log: { readonly topic: string; readonly payload: Uint8Array }[] = [];
  /** Called before a message is passed on: "drop" loses it without telling, "cut" ends the device's connection. */
  onMessage: (topic: string, count: number) => "pass" | "drop" | "cut" = () => "pass";
  readonly #devices = new Map<Listener, () => void>();
  readonly #recipients = new Set<Listener>();

  dial = (): Promise<BrokerSession> => {
    const topics = new Map<string, (payload: Uint8Array) => void>();
    const listener: Listener = (topic, payload) => topics.get(topic)?.(payload);
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = () => {
        this.#devices.delete(listener);
        resolve();
      };
    });
    this.#devices.set(listener, end);
    return Promise.resolve({
      publish: (topic, payload) => {
        if (!this.#devices.has(listener)) return Promise.reject(new Error("not connected"));
        return this.#pass(topic, payload, this.#recipients);
      },
      subscribe: async (topic, onMessage) => void topics.set(topic, onMessage),
      ended,
      close: async () => end(),
    });
  };

  recipient(): InboxBroker & { leave(): void } {
    let listener: Listener = () => {};
    return {
      subscribe: async (filter, onMessage) => {
        const prefix = filter.slice(0, -1);
        listener = (topic, payload) => {
          if (topic.startsWith(prefix)) onMessage(topic, payload);
        };
        this.#recipients.add(listener);
      },
      publish: (topic, payload) => this.#pass(topic, payload, this.#devices.keys()).catch(() => {}),
      leave: () => void this.#recipients.delete(listener),
    };
  }

  /** Somebody else writes to a topic. */
  inject(topic: string, payload: Uint8Array): void {
    for (const listener of this.#devices.keys()) listener(topic, payload);
  }

  cutDevices(): void {
    for (const end of this.#devices.values()) end();
  }

  async #pass(topic: string, payload: Uint8Array, listeners: Iterable<Listener>): Promise<void> {
    this.log.push({ topic, payload });
    const fate = this.onMessage(topic, this.log.length);
    if (fate === "cut") {
      this.cutDevices();
      throw new Error("connection cut");
    }
    if (fate === "pass") for (const listener of [...listeners]) listener(topic, payload);
  }
}
