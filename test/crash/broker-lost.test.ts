import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Aedes } from "aedes";
import { afterEach, beforeEach, expect, test } from "vitest";
import { receiveInto } from "../../src/cli/inbox-session.ts";
import { Options } from "../../src/cli/options.ts";
import { RecipientHome } from "../../src/cli/recipient-home.ts";
import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import { inboxTopic, sealOffer } from "../../src/protocol/delivery.ts";
import { typed } from "./household.ts";

const SHARE = { length: 1000, digest: new Uint8Array(32) };

let dir = "";
let broker: Broker;
const ending = new AbortController();

/** Takes a recipient's receipt and dies before it acknowledges it, as often as it is told. */
class Broker {
  readonly #aedes: Aedes;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #deaths: number;
  connections = 0;
  /** Settles when a receipt is acknowledged. */
  readonly acknowledged: Promise<void>;

  constructor(aedes: Aedes, deaths: number) {
    this.#aedes = aedes;
    this.#deaths = deaths;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => this.#sockets.delete(socket));
      aedes.handle(socket);
    });
    aedes.on("client", () => {
      this.connections += 1;
    });
    this.acknowledged = new Promise((resolve) => {
      aedes.authorizePublish = (_client, _packet, callback) => {
        if (this.#deaths === 0) {
          callback(null);
          resolve();
        } else {
          this.#deaths -= 1;
          for (const each of this.#sockets) each.destroy();
        }
      };
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    const address = this.#server.address();
    return `mqtt://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  }

  /** Whoever subscribes gets this message. */
  offer(topic: string, payload: Uint8Array): void {
    this.#aedes.on("subscribe", () => {
      const message = {
        cmd: "publish",
        topic,
        payload: Buffer.from(payload),
        qos: 1,
        retain: false,
        dup: false,
      } as const;
      this.#aedes.publish(message, () => {});
    });
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.#aedes.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "broker-lost-"));
  broker = new Broker(await Aedes.createBroker(), 2);
});
afterEach(async () => {
  ending.abort();
  await broker.stop();
  await rm(dir, { recursive: true, force: true });
});

test("a broker that dies before it acknowledges a receipt is connected to again, and gets it", async () => {
  await typed(["recipient", "init", "--home", dir, "--name", "Anna", "--mailbox", await broker.listen()]);
  const home = new RecipientHome({ options: new Options({ home: dir }), environment: {} });
  const { card } = await home.card();
  const topic = inboxTopic(card.inbox.id, crypto.randomBytes(16));
  broker.offer(topic, sealOffer(crypto, card.boxKey, SHARE));
  const receiving = receiveInto(home, {}, ending.signal);
  await broker.acknowledged;
  expect(broker.connections).toBe(3);
  ending.abort();
  await receiving;
});
