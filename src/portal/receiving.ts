import { portableCrypto } from "../protocol/portable-crypto.ts";
import { checkCard, inboxLogin, type RecipientSecrets } from "../recipient/card.ts";
import { Inbox, type InboxEvents } from "../recipient/inbox.ts";
import { connectSocket, endOf, orEnded } from "../ui/mqtt-over-websocket.ts";
import type { PortalStorage } from "./storage.ts";

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

export type InboxState = "connecting" | "waiting" | "away";

export interface ReceivingEvents extends InboxEvents {
  readonly onState: (state: InboxState) => void;
}

type OnMessage = (topic: string, payload: Uint8Array) => void;

/** Takes what comes into the inbox for as long as the page is open. The returned function ends it. */
export function receiveForever(
  storage: PortalStorage,
  secrets: RecipientSecrets,
  card: Uint8Array,
  events: ReceivingEvents,
): () => void {
  const state = { isOver: false, hangUp: () => {} };
  void (async () => {
    let pauseMs = FIRST_PAUSE_MS;
    while (!state.isOver) {
      events.onState("connecting");
      const wasIn = await receiveOnce(storage, secrets, card, events, state).catch(() => false);
      if (state.isOver) return;
      if (wasIn) pauseMs = FIRST_PAUSE_MS;
      events.onState("away");
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  })();
  return () => {
    state.isOver = true;
    state.hangUp();
  };
}

/** One connection from beginning to end. @throws Error when there was none. */
async function receiveOnce(
  storage: PortalStorage,
  secrets: RecipientSecrets,
  card: Uint8Array,
  events: ReceivingEvents,
  state: { hangUp: () => void },
): Promise<boolean> {
  const { username, password } = inboxLogin(portableCrypto, secrets);
  const { url } = checkCard(portableCrypto, card).card.inbox;
  // What the broker kept comes with the connection, before anybody can have subscribed.
  const early: Parameters<OnMessage>[] = [];
  let listener: OnMessage = (topic, payload) => void early.push([topic, payload]);
  const login = { url, username, password, persistentClientId: username };
  const client = await connectSocket(login, (topic, payload) => listener(topic, payload));
  const ended = endOf(client);
  state.hangUp = () => void client.end(true);
  const inbox = new Inbox(secrets, {
    crypto: portableCrypto,
    storage,
    broker: {
      async subscribe(topicFilter, onMessage) {
        listener = onMessage;
        for (const message of early.splice(0)) onMessage(...message);
        await orEnded(client.subscribeAsync(topicFilter, { qos: 1 }), ended);
      },
      async publish(topic, payload) {
        await orEnded(client.publishAsync(topic, payload as never, { qos: 1 }), ended);
      },
    },
    ...events,
  });
  await inbox.start();
  events.onState("waiting");
  await ended;
  return true;
}
