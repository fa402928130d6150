import { setTimeout as sleep } from "node:timers/promises";
import type { MqttClient } from "mqtt";
import { nodeCrypto } from "../device/platform/node-crypto.ts";
import { inboxLogin } from "../recipient/card.ts";
import { Inbox, type InboxEvents } from "../recipient/inbox.ts";
import type { InboxBroker } from "../recipient/recipient-ports.ts";
import { connectBroker, hangUp } from "./broker-connection.ts";
import { CliError } from "./errors.ts";
import type { RecipientHome } from "./recipient-home.ts";
import { untilStopped } from "./until-stopped.ts";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

export interface InboxSessionEvents extends InboxEvents {
  /** Subscribed: what waits at the broker comes now. */
  readonly onReady?: () => void;
  readonly onLost?: () => void;
}

/**
 * Takes what comes into an inbox until `signal` aborts; a connection that is lost is made again with growing pauses.
 * What has arrived by then is stored and receipted before this settles.
 * @throws CliError `cli/no-answer` when the very first connection fails: then the address or the broker is wrong.
 */
export async function receiveInto(home: RecipientHome, events: InboxSessionEvents, signal: AbortSignal): Promise<void> {
  const secrets = await home.secrets();
  const { card } = await home.card();
  const { username, password } = inboxLogin(nodeCrypto, secrets);
  const { url, ca } = card.inbox;
  await home.storage.prepare();
  let connectedOnce = false;
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    try {
      const login = { url, username, password, persistentClientId: username, ...(ca === null ? {} : { ca }) };
      const messages = new EarlyMessages();
      const client = await connectBroker(login, signal, (topic, payload) => messages.take(topic, payload));
      connectedOnce = true;
      pauseMs = FIRST_PAUSE_MS;
      const lost = new Promise<void>((resolve) => client.once("close", resolve));
      const inbox = new Inbox(secrets, {
        crypto: nodeCrypto,
        storage: home.storage,
        broker: inboxBroker(client, messages, lost),
        ...events,
      });
      await inbox.start();
      events.onReady?.();
      await Promise.race([lost, untilStopped(signal)]);
      await inbox.idle();
      await hangUp(client);
    } catch (error) {
      if (!connectedOnce) throw error;
    }
    if (signal.aborted) return;
    events.onLost?.();
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

type OnMessage = (topic: string, payload: Uint8Array) => void;

/** What the broker kept comes with the connection, before anybody can have subscribed. */
class EarlyMessages {
  readonly #waiting: (readonly [topic: string, payload: Uint8Array])[] = [];
  #listener: OnMessage | null = null;

  take(topic: string, payload: Uint8Array): void {
    if (this.#listener === null) this.#waiting.push([topic, payload]);
    else this.#listener(topic, payload);
  }

  listen(listener: OnMessage): void {
    this.#listener = listener;
    for (const [topic, payload] of this.#waiting.splice(0)) listener(topic, payload);
  }
}

function inboxBroker(client: MqttClient, messages: EarlyMessages, lost: Promise<void>): InboxBroker {
  // mqtt.js keeps what was not acknowledged for a reconnect of its own, which never comes: its promise would stay open.
  const gone = lost.then(() => Promise.reject(new CliError("cli/no-answer", "the broker went away")));
  gone.catch(() => {});
  return {
    async subscribe(topicFilter, onMessage) {
      messages.listen(onMessage);
      await Promise.race([client.subscribeAsync(topicFilter, { qos: 1 }), gone]);
    },
    async publish(topic, payload) {
      await Promise.race([client.publishAsync(topic, Buffer.from(payload), { qos: 1 }), gone]);
    },
  };
}
