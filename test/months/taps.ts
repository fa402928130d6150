import { createHash, type Hash } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttp, type Server as HttpServer, request as requestHttp } from "node:http";
import { connect, createServer as createTcp, type Server, type Socket } from "node:net";
import { parser as makeParser, type Packet } from "mqtt-packet";
import { sha256Hex } from "./digest.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** What stands between the world and a service, and writes down all that the service is sent. */
interface Tap {
  /** Whether something is under way. */
  readonly busy: () => boolean;
  readonly count: () => number;
}

/** What the doorbell's copying calls itself; nothing else does. */
const HOME = "doorward";

/** A proxy before an HTTP service: virtual time, method, path, every header, every byte of the body. */
export class HttpTap implements Tap {
  /** Requests that are not a home's copying of the log. */
  readonly seen: string[] = [];
  /** The homes' copying: by the minute, how many requests and a digest of all of them. */
  readonly fromHomes: string[] = [];
  homeRequests = 0;
  #minute: { atMs: number; count: number; hash: Hash } | null = null;
  readonly #clock: VirtualClock;
  readonly #ports: { readonly port: number; readonly upstream: number };
  #server: HttpServer | null = null;
  #open = 0;

  constructor(clock: VirtualClock, ports: { readonly port: number; readonly upstream: number }) {
    this.#clock = clock;
    this.#ports = ports;
  }

  busy = (): boolean => this.#open > 0;
  count = (): number => this.seen.length + this.homeRequests;

  async start(): Promise<void> {
    const server = createHttp((request, response) => {
      this.#open += 1;
      response.once("close", () => {
        this.#open -= 1;
      });
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const body = Buffer.concat(parts);
        const { method = "", url = "", rawHeaders } = request;
        const line = `${this.#clock.nowMs()} ${method} ${url} ${JSON.stringify(rawHeaders)} ${body.toString("base64")}`;
        if (request.headers["user-agent"] === HOME) this.#noteHome(line);
        else this.seen.push(line);
        const forwarded = requestHttp(
          { host: "127.0.0.1", port: this.#ports.upstream, method, path: url, headers: request.headers, agent: false },
          (answer) => {
            response.writeHead(answer.statusCode ?? 502, answer.headers);
            answer.pipe(response);
          },
        );
        forwarded.on("error", () => response.destroy());
        forwarded.end(body);
      });
    });
    server.listen(this.#ports.port, "127.0.0.1");
    await once(server, "listening");
    this.#server = server;
  }

  /** A home in bulk fetches from a file server in front of the register: written down, without a connection of its own. */
  note(path: string, home: number): void {
    this.#noteHome(`${this.#clock.nowMs()} GET ${path} home ${home}`);
  }

  /** Ends the minute that is being added up. */
  endMinute(): void {
    if (this.#minute === null) return;
    const { atMs, count, hash } = this.#minute;
    this.fromHomes.push(`${atMs} ${count} requests of homes ${hash.digest("hex")}`);
    this.#minute = null;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  #noteHome(line: string): void {
    const atMs = this.#clock.nowMs();
    if (this.#minute?.atMs !== atMs) this.endMinute();
    this.#minute ??= { atMs, count: 0, hash: createHash("sha256") };
    this.#minute.count += 1;
    this.#minute.hash.update(`${line}\n`);
    this.homeRequests += 1;
  }
}

interface SeenConnection {
  readonly openedAtMs: number;
  readonly fromClient: string[];
  readonly fromBroker: string[];
}

/**
 * A proxy before an MQTT broker: every packet of every connection, both ways. Packet ids are left out: a client counts them from
 * where it likes, and the broker sees no more in them than the order, which is kept.
 */
export class MqttTap implements Tap {
  readonly connections: SeenConnection[] = [];
  readonly #clock: VirtualClock;
  readonly #ports: { readonly port: number; readonly upstream: number };
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #count = 0;

  constructor(clock: VirtualClock, ports: { readonly port: number; readonly upstream: number }) {
    this.#clock = clock;
    this.#ports = ports;
  }

  busy = (): boolean => false;
  count = (): number => this.#count;

  async start(): Promise<void> {
    const server = createTcp((client) => {
      const upstream = connect(this.#ports.upstream, "127.0.0.1");
      const seen: SeenConnection = { openedAtMs: this.#clock.nowMs(), fromClient: [], fromBroker: [] };
      this.connections.push(seen);
      this.#watch(client, upstream, seen.fromClient);
      this.#watch(upstream, client, seen.fromBroker);
    });
    server.listen(this.#ports.port, "127.0.0.1");
    await once(server, "listening");
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const socket of this.#sockets) socket.destroy();
    if (server !== null) await new Promise((resolve) => server.close(resolve));
  }

  evidence(): string[] {
    return this.connections.flatMap(({ openedAtMs, fromClient, fromBroker }, i) => [
      ...fromClient.map((packet) => `connection ${i} ${openedAtMs} > ${packet}`),
      ...fromBroker.map((packet) => `connection ${i} ${openedAtMs} < ${packet}`),
    ]);
  }

  /** Lengths in the place of bytes, and no names: what two ways of sharing have to have in common. */
  shape(): string[] {
    return this.evidence().map((line) =>
      line
        .replaceAll(/[0-9a-f]{20,}/g, (hex) => `hex${hex.length}`)
        .replaceAll(/[A-Za-z0-9+/_-]{40,}=*/g, (text) => `b${text.length}`),
    );
  }

  #watch(from: Socket, to: Socket, seen: string[]): void {
    this.#sockets.add(from);
    const parser = makeParser({ protocolVersion: 4 });
    parser.on("packet", (packet: Packet) => {
      this.#count += 1;
      seen.push(packetText(packet, this.#clock.nowMs()));
    });
    from.on("data", (chunk: Buffer) => {
      parser.parse(chunk);
      to.write(chunk);
    });
    from.on("error", () => to.destroy());
    from.on("end", () => to.end());
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}

function packetText(packet: Packet, atMs: number): string {
  const { messageId: _, ...rest } = packet;
  const text = JSON.stringify(rest, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || !("type" in value) || value.type !== "Buffer") return value;
    const bytes = Buffer.from((value as unknown as { data: number[] }).data);
    return `${bytes.length} bytes ${sha256Hex(bytes)}`;
  });
  return `${atMs} ${text}`;
}

/** Settles when nothing has happened at any tap for a while. */
export async function quiet(taps: readonly Tap[], forMs = 25): Promise<void> {
  const total = (): number => taps.reduce((sum, tap) => sum + tap.count(), 0);
  let last = total();
  let stillMs = 0;
  while (stillMs < forMs) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const now = total();
    if (now !== last || taps.some((tap) => tap.busy())) stillMs = 0;
    else stillMs += 5;
    last = now;
  }
}
