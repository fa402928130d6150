import { randomBytes } from "node:crypto";
import { createServer, type Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createSecureContext, TLSSocket } from "node:tls";
import { Aedes, type Client } from "aedes";
import { inboxOf, MAX_MESSAGE_BYTES, mayPublish, mayReceive, maySubscribe, type Visitor, visitorOf } from "./access.ts";
import { type BrowserDoor, openBrowserDoor } from "./browser-door.ts";
import type { MailboxRecord } from "./disclosure.ts";
import { MailboxError, type MailboxErrorCode } from "./errors.ts";
import { PacketSizes } from "./packet-size.ts";
import { WaitingMessages } from "./waiting-messages.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 2_000;
const MAX_CONNECTIONS_PER_ADDRESS = 64;
const MAX_SUBSCRIPTIONS = 16;
/** Readers whose session is kept while they are away. More of them still receive, but only while connected. */
const MAX_KEPT_SESSIONS = 10_000;
const TOPIC_AND_HEADER_BYTES = 256;
const SESSION_PREFIX = "inbox-";
const TCP_KEEPALIVE_MS = 60_000;

export interface MailboxOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** A second port for browsers, by the same rules; 0 picks a free one. */
  readonly webSocketPort?: number;
  /** What was refused, by code; neither addresses nor topics are told. */
  readonly onDropped?: (code: MailboxErrorCode) => void;
}

export interface RunningMailbox {
  readonly port: number;
  /** Address for a recipient's card; the host as it was given. */
  readonly url: string;
  /** The same for recipients whose page is their browser; null without a port for them. */
  readonly webSocketUrl: string | null;
  /** All that it has about anybody: open connections, kept sessions, messages that wait. There is nothing on the disk. */
  records(): Promise<readonly MailboxRecord[]>;
  /** Never throws; may be called twice. */
  stop(): Promise<void>;
}

/** @throws {@link MailboxError} `mailbox/port`. */
export async function startMailbox(options: MailboxOptions): Promise<RunningMailbox> {
  const aedes = await Aedes.createBroker({
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxInflightInbound: 16,
    maxTopicLevels: 3,
  });
  const dropped = options.onDropped ?? (() => {});
  const kept = guard(aedes, dropped);
  /** With their addresses, which nothing else keeps. */
  const sockets = new Map<Duplex, string>();
  const { tls } = options;
  const secureContext = tls && createSecureContext(tls);
  // Not a TLS server, which would count a connection only once its handshake is done, and wait for that two minutes.
  const secured = (socket: Socket): Socket =>
    secureContext ? new TLSSocket(socket, { isServer: true, secureContext }) : socket;
  const accept = acceptor(aedes, sockets, dropped);
  const server = createServer((socket) => accept(secured(socket), socket.remoteAddress ?? ""));
  server.maxConnections = MAX_CONNECTIONS;
  try {
    await listening(server, options);
  } catch (cause) {
    await closed(aedes);
    throw new MailboxError("mailbox/port", `cannot listen on ${options.host}:${options.port}`, { cause });
  }
  const browsers = await browserDoor(options, accept).catch(async (error: unknown) => {
    await stop(server, aedes, sockets);
    throw error;
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  let stopping: Promise<void> | null = null;
  return {
    port,
    url: `${options.tls ? "mqtts" : "mqtt"}://${host}:${port}`,
    webSocketUrl: browsers?.url ?? null,
    async records() {
      const connections = [...sockets.values()].map((open): MailboxRecord => ({ store: "connection", address: open }));
      return [...connections, ...(await kept.records())];
    },
    stop() {
      stopping ??= Promise.all([stop(server, aedes, sockets), browsers?.stop()]).then(() => {});
      return stopping;
    },
  };
}

function browserDoor(
  { host, tls, webSocketPort: port }: MailboxOptions,
  accept: (stream: Duplex, address: string) => void,
): Promise<BrowserDoor | null> {
  if (port === undefined) return Promise.resolve(null);
  const maxMessageBytes = MAX_MESSAGE_BYTES + TOPIC_AND_HEADER_BYTES;
  return openBrowserDoor({ host, port, maxMessageBytes, ...(tls === undefined ? {} : { tls }) }, accept);
}

async function stop(server: Server, aedes: Aedes, sockets: ReadonlyMap<Duplex, string>): Promise<void> {
  const serverClosed = new Promise<void>((done) => server.close(() => done()));
  await closed(aedes);
  for (const socket of sockets.keys()) socket.destroy(); // those that never got as far as MQTT
  await serverClosed;
}

const closed = (aedes: Aedes): Promise<void> => new Promise((done) => aedes.close(() => done()));

function listening(server: Server, { host, port }: MailboxOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      server.on("error", () => {}); // a failed accept (too many open files) ends one visitor, not the mailbox
      resolve();
    });
  });
}

type Dropped = (code: MailboxErrorCode) => void;

/** Bounds what a connection may cost before and beside MQTT: how many per address, and how long a packet. */
function acceptor(
  aedes: Aedes,
  sockets: Map<Duplex, string>,
  dropped: Dropped,
): (socket: Duplex, address: string) => void {
  const perAddress = new Map<string, number>();
  return (socket, address) => {
    const open = (perAddress.get(address) ?? 0) + 1;
    socket.on("error", () => {});
    if (open > MAX_CONNECTIONS_PER_ADDRESS) {
      dropped("mailbox/too-many-connections");
      socket.destroy();
      return;
    }
    perAddress.set(address, open);
    sockets.set(socket, address);
    socket.on("close", () => {
      sockets.delete(socket);
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left === 0) perAddress.delete(address);
      else perAddress.set(address, left);
    });
    if (socket instanceof Socket) socket.setKeepAlive(true, TCP_KEEPALIVE_MS).setNoDelay(true);
    aedes.handle(socket);
    // The broker reads by "readable"; "data" then fires inside its reads, before the parser gets the bytes.
    const sizes = new PacketSizes(MAX_MESSAGE_BYTES + TOPIC_AND_HEADER_BYTES);
    socket.on("data", (chunk: Buffer) => {
      if (sizes.accept(chunk)) return;
      dropped("mailbox/too-large");
      socket.destroy();
    });
  };
}

/** Gives each connection the rights of {@link Visitor}, and bounds what is kept for readers. */
function guard(aedes: Aedes, dropped: Dropped): { records(): Promise<MailboxRecord[]> } {
  const visitors = new WeakMap<Client, Visitor>();
  const subscriptions = new WeakMap<Client, number>();
  const keptSessions = new Set<string>();
  const waiting = new WaitingMessages();

  keepOwnInboxOnly(aedes);
  aedes.preConnect = (_client, packet, callback) => {
    delete packet.will;
    const keeps = packet.username !== undefined && !packet.clean;
    const hasRoom = keptSessions.has(packet.username ?? "") || keptSessions.size < MAX_KEPT_SESSIONS;
    packet.clean = !(keeps && hasRoom);
    // Nobody can end or take over another's session by its client id: it is the login, or random.
    packet.clientId =
      packet.username === undefined ? randomBytes(12).toString("hex") : `${SESSION_PREFIX}${packet.username}`;
    callback(null, true);
  };
  aedes.authenticate = (client, username, password, done) => {
    const visitor = visitorOf(username, password);
    if (visitor === null) dropped("mailbox/login");
    else visitors.set(client, visitor);
    if (visitor?.kind === "reader" && client.clean) {
      keptSessions.delete(visitor.inbox);
      waiting.clear(visitor.inbox);
    }
    done(null, visitor !== null);
  };
  aedes.authorizeSubscribe = (client, subscription, callback) => {
    const visitor = visitors.get(client);
    const count = subscriptions.get(client) ?? 0;
    const allowed = visitor !== undefined && maySubscribe(visitor, subscription.topic) && count < MAX_SUBSCRIPTIONS;
    if (allowed) subscriptions.set(client, count + 1);
    else dropped("mailbox/subscribe");
    if (allowed && visitor.kind === "reader" && !client.clean) {
      subscription.qos = 1; // so that each message that is counted is acknowledged some day
      keptSessions.add(visitor.inbox);
    }
    callback(null, allowed ? subscription : null);
  };
  aedes.authorizePublish = (client, packet, callback) => {
    const visitor = client === null ? undefined : visitors.get(client);
    const bytes = packet.payload.length;
    const code = packet.retain
      ? "mailbox/retained"
      : visitor !== undefined && mayPublish(visitor, packet.topic, bytes)
        ? null
        : "mailbox/publish";
    if (code !== null) {
      dropped(code);
      callback(new MailboxError(code, "publish refused"));
      return;
    }
    const isForKept = visitor?.kind === "anybody" && packet.qos > 0 && keptSessions.has(inboxOf(packet.topic));
    if (isForKept && !waiting.add(inboxOf(packet.topic), bytes, addressOf(client))) {
      dropped("mailbox/inbox-full");
      packet.topic = NOWHERE;
    }
    callback(null);
  };
  aedes.authorizeForward = (client, packet) => {
    const visitor = visitors.get(client);
    return visitor !== undefined && mayReceive(visitor, packet.topic) ? packet : null;
  };
  aedes.on("ack", (_packet, client) => {
    const visitor = visitors.get(client);
    if (visitor?.kind === "reader") waiting.take(visitor.inbox);
  });
  aedes.on("unsubscribe", (_topics, client) => {
    const visitor = visitors.get(client);
    if (visitor?.kind === "reader") keptSessions.delete(visitor.inbox);
  });
  aedes.on("clientError", () => {});
  aedes.on("connectionError", () => {});
  return {
    async records() {
      const sessions = [...keptSessions].map((inbox): MailboxRecord => ({ store: "session", inbox }));
      const counted = waiting
        .list()
        .map(({ inbox, bytes, sender }): MailboxRecord => ({ store: "message", inbox, bytes, address: sender }));
      const held: MailboxRecord[] = [];
      for (const inbox of keptSessions) held.push(...(await heldFor(aedes, inbox)));
      return [...sessions, ...counted, ...held];
    },
  };
}

interface OutgoingStore {
  outgoingStream(client: {
    readonly id: string;
  }): AsyncIterable<{ readonly topic?: string; readonly payload?: Uint8Array }>;
}

/** What the broker itself has queued for a kept session. */
async function heldFor(aedes: Aedes, inbox: string): Promise<MailboxRecord[]> {
  const { persistence } = aedes as unknown as { readonly persistence: OutgoingStore };
  const held: MailboxRecord[] = [];
  for await (const { topic = "", payload } of persistence.outgoingStream({ id: `${SESSION_PREFIX}${inbox}` })) {
    held.push({ store: "message", inbox, topic, bytes: payload?.length ?? 0 });
  }
  return held;
}

function addressOf(client: Client | null): string {
  return (client?.conn as Partial<Socket> | undefined)?.remoteAddress ?? "";
}

interface SubscriptionStore {
  addSubscriptions(
    client: { readonly id: string },
    subscriptions: readonly { readonly topic: string }[],
  ): Promise<void>;
}

/**
 * aedes keeps every filter of a SUBSCRIBE packet for a kept session, those that were refused too: other readers' messages
 * would pile up for it, although they would never be handed out.
 */
function keepOwnInboxOnly(aedes: Aedes): void {
  const { persistence } = aedes as unknown as { readonly persistence: SubscriptionStore };
  const add = persistence.addSubscriptions.bind(persistence);
  persistence.addSubscriptions = (client, subscriptions) => {
    const own = `in/${client.id.slice(SESSION_PREFIX.length)}/+`;
    return add(
      client,
      subscriptions.filter(({ topic }) => topic === own),
    );
  };
}

/** Nobody may subscribe to it: a message sent there is acknowledged and gone, as a full queue does it in any broker. */
const NOWHERE = "nowhere";
