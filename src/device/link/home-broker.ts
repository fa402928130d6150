import "./mqtt-numbers.ts";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { type Duplex, duplexPair } from "node:stream";
import { createSecureContext, TLSSocket } from "node:tls";
import { Aedes, type Client } from "aedes";
import { toHex } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { LinkError, type LinkErrorCode } from "./errors.ts";
import { PacketLimit, PacketTooLarge } from "./packet-limit.ts";

/** `every`: any one topic by its whole name. */
type Topics = readonly string[] | "every";

/** What one login may do; topics are compared whole, wildcards are never granted. */
export interface TopicRights {
  readonly publish: Topics;
  readonly subscribe: Topics;
}

export interface HomeBrokerConfig {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Largest MQTT packet a member may send. */
  readonly maxPacketBytes: number;
}

export interface HomeBrokerPorts {
  readonly crypto: Pick<Crypto, "randomBytes">;
  /** The rights of a login, or null when username and password do not belong together. */
  readonly login: (username: string, password: Uint8Array) => TopicRights | null;
  readonly dropped: (code: LinkErrorCode) => void;
}

const CONNECT_LIMIT_BYTES = 4096;
const CONNECT_TIMEOUT_MS = 5_000;
const MAX_UNAUTHENTICATED = 16;
const MAX_CONNECTIONS = 64;
const MAX_CONNECTIONS_PER_LOGIN = 8;
const CLIENT_ID_BYTES = 12;

interface Session {
  readonly username: string;
  readonly rights: TopicRights;
}

/**
 * The household's own MQTT 3.1.1 broker. Every connection logs in as a member (or with the credential of an open
 * pairing window) and sees only its own topics; sessions are always clean, and wills and retained messages do not exist.
 */
export class HomeBroker {
  readonly #config: HomeBrokerConfig;
  readonly #ports: HomeBrokerPorts;
  readonly #sessions = new Map<Client, Session>();
  /** Connections that have not logged in, oldest first, with the address that each is from. */
  readonly #unauthenticated = new Map<Duplex, string>();
  readonly #inside = new WeakSet<object>();
  #aedes: Aedes | undefined;
  #server: Server | undefined;

  constructor(config: HomeBrokerConfig, ports: HomeBrokerPorts) {
    this.#config = config;
    this.#ports = ports;
  }

  /** @throws LinkError `link/broker-port`; it may be called again then. */
  async start(): Promise<void> {
    // Kept when the port cannot be opened: the device itself is connected to it already.
    this.#aedes ??= await this.#makeAedes();
    const { tls } = this.#config;
    const secureContext = tls && createSecureContext(tls);
    // Not a TLS server, which would count a connection only once its handshake is done, and wait for that two minutes.
    const secured = (socket: Socket): Duplex =>
      secureContext ? new TLSSocket(socket, { isServer: true, secureContext }) : socket;
    const server = createServer((socket) => this.accept(secured(socket), socket.remoteAddress));
    server.maxConnections = MAX_CONNECTIONS;
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", (cause) =>
        reject(
          new LinkError("link/broker-port", `cannot listen on ${this.#config.host}:${this.#config.port}`, { cause }),
        ),
      );
      server.listen(this.#config.port, this.#config.host, resolve);
    });
  }

  async stop(): Promise<void> {
    const server = this.#server;
    const aedes = this.#aedes;
    this.#server = undefined;
    this.#aedes = undefined;
    for (const stream of this.#unauthenticated.keys()) stream.destroy();
    const serverClosed = server === undefined ? undefined : new Promise<void>((done) => server.close(() => done()));
    if (aedes !== undefined) await new Promise<void>((done) => aedes.close(() => done()));
    await serverClosed;
  }

  get port(): number {
    const address: AddressInfo | string | null | undefined = this.#server?.address();
    return typeof address === "object" && address !== null ? address.port : this.#config.port;
  }

  /**
   * Serves one more MQTT stream, for example a WebSocket that the device's web server accepted.
   * @param address - Where it is from, so that one stranger's idle connections crowd out no one but each other.
   */
  accept(stream: Duplex, address = ""): void {
    if (this.#aedes === undefined) {
      stream.on("error", () => {});
      stream.destroy();
      return;
    }
    if ("setNoDelay" in stream && typeof stream.setNoDelay === "function") stream.setNoDelay(true);
    const limited = new PacketLimit(stream, CONNECT_LIMIT_BYTES);
    this.#unauthenticated.set(limited, address);
    limited.on("error", (error) => {
      if (error instanceof PacketTooLarge) this.#ports.dropped("link/oversized");
    });
    limited.on("close", () => this.#unauthenticated.delete(limited));
    this.#aedes.handle(limited);
    if (this.#unauthenticated.size <= MAX_UNAUTHENTICATED) return;
    this.#ports.dropped("link/too-many-connections");
    crowdingOf(this.#unauthenticated)?.destroy();
  }

  /** A stream for the device itself: no socket, no credential, all topics. */
  openInside(): Duplex {
    const [ours, theirs] = duplexPair();
    // Unlike a socket's, neither end hears that the other was destroyed.
    theirs.once("close", () => ours.destroy());
    ours.once("close", () => theirs.destroy());
    this.#inside.add(theirs);
    if (this.#aedes === undefined) ours.destroy();
    else this.#aedes.handle(theirs);
    return ours;
  }

  isConnected(username: string): boolean {
    return [...this.#sessions.values()].some((session) => session.username === username);
  }

  /** Ends every connection of a login, for example of a removed member. */
  disconnect(username: string): void {
    for (const [client, session] of this.#sessions) if (session.username === username) client.close();
  }

  async #makeAedes(): Promise<Aedes> {
    const aedes = await Aedes.createBroker({
      connectTimeout: CONNECT_TIMEOUT_MS,
      maxInflightInbound: 2,
      maxTopicLevels: 4,
      queueLimit: 8,
    });
    this.#guard(aedes);
    return aedes;
  }

  #guard(aedes: Aedes): void {
    aedes.preConnect = (client, packet, callback) => {
      packet.clean = true; // a kept session would queue messages without bound
      delete packet.will;
      packet.clientId = toHex(this.#ports.crypto.randomBytes(CLIENT_ID_BYTES)); // so that nobody takes over another's connection by its id
      callback(null, this.#inside.has(client.conn) || this.#unauthenticated.has(client.conn));
    };
    aedes.authenticate = (client, username, password, done) => done(null, this.#admit(client, username, password));
    aedes.authorizePublish = (client, packet, callback) => {
      const code = client === null ? undefined : this.#publishProblem(client, packet.topic, packet.retain);
      if (code === undefined) return callback(null);
      this.#ports.dropped(code);
      callback(new LinkError(code, "publish refused"));
    };
    aedes.authorizeSubscribe = (client, subscription, callback) => {
      const allowed =
        this.#inside.has(client.conn) || covers(this.#sessions.get(client)?.rights.subscribe, subscription.topic);
      if (!allowed) this.#ports.dropped("link/denied-subscribe");
      callback(null, allowed ? subscription : null);
    };
    aedes.on("clientDisconnect", (client) => this.#sessions.delete(client));
  }

  #admit(client: Client, username: string | undefined, password: Uint8Array | undefined): boolean {
    if (this.#inside.has(client.conn)) return true;
    const rights = username !== undefined && password !== undefined ? this.#ports.login(username, password) : null;
    if (username === undefined || rights === null) {
      this.#ports.dropped("link/login-refused");
      return false;
    }
    const open = [...this.#sessions.values()].filter((session) => session.username === username).length;
    if (open >= MAX_CONNECTIONS_PER_LOGIN) {
      this.#ports.dropped("link/too-many-connections");
      return false;
    }
    this.#sessions.set(client, { username, rights });
    this.#unauthenticated.delete(client.conn);
    if (client.conn instanceof PacketLimit) client.conn.limitBytes = this.#config.maxPacketBytes;
    return true;
  }

  #publishProblem(client: Client, topic: string, retain: boolean): LinkErrorCode | undefined {
    if (this.#inside.has(client.conn)) return undefined;
    if (retain) return "link/retained";
    return covers(this.#sessions.get(client)?.rights.publish, topic) ? undefined : "link/denied-publish";
  }
}

/** The oldest connection of the address that has most of them. */
function crowdingOf(connections: ReadonlyMap<Duplex, string>): Duplex | undefined {
  const counts = new Map<string, number>();
  for (const address of connections.values()) counts.set(address, (counts.get(address) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return [...connections].find(([, address]) => counts.get(address) === most)?.[0];
}

function covers(topics: Topics | undefined, topic: string): boolean {
  return topics === "every" ? !/[+#]|^\$/.test(topic) : topics?.includes(topic) === true;
}
