import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerOptions } from "node:http";
import { createServer as createHttpsServer, Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import fastifyStatic from "@fastify/static";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Cancel, Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logger.ts";
import { AddressLimits } from "./address-limits.ts";
import { serveBrokerSocket } from "./broker-socket.ts";
import { CertificateFiles, type Certificates, OwnCertificates, type ServerCertificate } from "./certificates.ts";
import { type ServedClips, serveClips } from "./clip-routes.ts";
import { limitConnections } from "./connection-limits.ts";
import { WebError } from "./errors.ts";
import { keepAssets } from "./kept-assets.ts";
import { isKnownHost, isKnownOrigin, isLoopback, namesOf, urlHost } from "./known-hosts.ts";
import type { MemberSessions } from "./member-sessions.ts";
import { pageHeaders } from "./page-headers.ts";
import type { WebConfig } from "./web-config.ts";

const HEADER_BYTES = 8 * 1024;
const HEADERS_WITHIN_MS = 10_000;
const REQUEST_WITHIN_MS = 20_000;
const IDLE_MS = 30_000;
/** A reader that takes nothing for so long is hung up on. */
const STALLED_MS = 60_000;
const STATIC_LIMIT = { burst: 300, perSecond: 50 };
const KEPT = "kept";
const LOOK_EVERY_MS = 60_000;
const YEAR_SECONDS = 31_536_000;

export interface WebPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Folder of the built app. */
  readonly appDir: string;
  /** Folder for what the web server keeps: its authority. */
  readonly dir: string;
  readonly clips: ServedClips;
  readonly sessions: Pick<MemberSessions, "admits">;
  /** Serves one member's MQTT stream; null where the household's broker is elsewhere. */
  readonly acceptMember: ((stream: Duplex, address: string) => void) | null;
  readonly maxPacketBytes: number;
  /** Origins (ws:// or wss://) of the household's own broker elsewhere. */
  readonly brokerOrigins: readonly string[];
}

/** The device's web server: the app's files and the home's broker for browsers. It answers a stranger with files and nothing else. */
export class WebServer {
  readonly #config: WebConfig;
  readonly #ports: WebPorts;
  readonly #names: readonly string[];
  readonly #limits: AddressLimits;
  #app: FastifyInstance | null = null;
  /** The app, and behind it what it was before an update. */
  #roots: readonly string[] = [];
  #certificates: Certificates | null = null;
  #closeSockets: () => void = () => {};
  #cancelLook: Cancel = () => {};

  constructor(config: WebConfig, ports: WebPorts) {
    this.#config = config;
    this.#ports = ports;
    this.#names = namesOf(config);
    this.#limits = new AddressLimits(ports.clock, STATIC_LIMIT);
  }

  /** @throws WebError `web/port`, `web/certificate`. */
  async start(signal: AbortSignal): Promise<void> {
    const certificates = this.#makeCertificates();
    const certificate = certificates && (await certificates.open());
    const before = await keepAssets(join(this.#ports.dir, KEPT), this.#ports.appDir);
    this.#roots = before === null ? [this.#ports.appDir] : [this.#ports.appDir, before];
    signal.throwIfAborted();
    const app = this.#build(certificate, certificates?.authority ?? null);
    this.#app = app;
    this.#closeSockets = serveBrokerSocket(app.server, {
      isWelcome: (request) => this.#isWelcome(request),
      accept: this.#ports.acceptMember,
      maxMessageBytes: this.#ports.maxPacketBytes,
    });
    const { host, port } = this.#config;
    try {
      await app.listen({ host, port });
    } catch (cause) {
      throw new WebError("web/port", `cannot listen on ${host}:${port}`, { cause });
    }
    this.#certificates = certificates;
    this.#cancelLook = this.#ports.clock.every(LOOK_EVERY_MS, () => void this.lookAtCertificate());
  }

  /** Takes over a newer certificate when there is one: by itself every minute, and at a reload. */
  async lookAtCertificate(): Promise<void> {
    const renewed = await this.#certificates?.renewed();
    const server = this.#app?.server;
    if (renewed && server instanceof HttpsServer) {
      server.setSecureContext(renewed);
      this.#ports.log.info("certificate renewed");
    }
  }

  async stop(): Promise<void> {
    const app = this.#app;
    this.#app = null;
    if (app === null) return;
    this.#cancelLook();
    this.#closeSockets();
    app.server.closeAllConnections();
    await app.close();
  }

  get port(): number {
    const address: AddressInfo | string | null | undefined = this.#app?.server.address();
    return typeof address === "object" && address !== null ? address.port : this.#config.port;
  }

  /** Under which the app is opened: the origin that links name. */
  get origin(): string {
    const [origin = "http://localhost"] = this.#ownOrigins;
    return origin;
  }

  /** One for each of its names: a page at any of them may have to reach the broker at another. */
  get #ownOrigins(): string[] {
    const scheme = this.#isSecure ? "https" : "http";
    const port = this.port === (this.#isSecure ? 443 : 80) ? "" : `:${this.port}`;
    return this.#names.map((name) => `${scheme}://${urlHost(name)}${port}`);
  }

  get #ownSockets(): string[] {
    return this.#ports.acceptMember === null ? [] : this.#ownOrigins.map((origin) => origin.replace(/^http/, "ws"));
  }

  /** Where members' browsers reach the home's broker. */
  get memberUrls(): readonly string[] {
    return this.#ownSockets.map((origin) => `${origin}/mqtt`);
  }

  get #isSecure(): boolean {
    return this.#config.tls !== null || !isLoopback(this.#config.host);
  }

  /** Null for plain HTTP, which is for loopback alone. */
  #makeCertificates(): Certificates | null {
    const { tls } = this.#config;
    if (tls !== null) return new CertificateFiles(tls, this.#ports.log);
    return this.#isSecure ? new OwnCertificates(this.#ports.dir, this.#names, this.#ports) : null;
  }

  #build(certificate: ServerCertificate | null, authority: Uint8Array | null): FastifyInstance {
    const app = Fastify({
      logger: false,
      bodyLimit: 1024,
      forceCloseConnections: true,
      serverFactory: (handler) => serverOf(handler, certificate),
      // Nothing is told to a stranger who sends what is no HTTP.
      clientErrorHandler: (_error, socket) => void socket.destroy(),
      frameworkErrors: (_error, _request, reply) => void nothing(reply, 404),
    });
    app.setNotFoundHandler((request, reply) => nothing(reply, isReading(request) ? 404 : 405));
    app.setErrorHandler((error: { statusCode?: number }, _request, reply) => {
      const isTheirs = error.statusCode !== undefined && error.statusCode < 500;
      return nothing(reply, isTheirs ? 404 : 500);
    });
    app.addHook("onRequest", (request, reply, done) => {
      if (!isKnownHost(request.headers.host, this.#names)) void nothing(reply, 421);
      else if (!this.#admits(request) && !this.#limits.take(request.ip)) void nothing(reply, 429);
      else {
        reply.headers(this.#headersFor(request.headers.host ?? ""));
        done();
      }
    });
    serveClips(app, {
      clips: this.#ports.clips,
      admits: (request) => this.#admits(request),
      crossOrigin: (request) => this.#crossOrigin(request.headers.origin),
    });
    if (authority !== null) {
      app.get("/ca.crt", (_request, reply) =>
        reply.type("application/x-x509-ca-cert").header("cache-control", "no-store").send(Buffer.from(authority)),
      );
    }
    this.#serveFiles(app);
    return app;
  }

  #serveFiles(app: FastifyInstance): void {
    app.register(fastifyStatic, {
      root: [...this.#roots],
      cacheControl: false,
      dotfiles: "ignore",
      index: ["index.html"],
      preCompressed: true,
      setHeaders: (response, path) => {
        // Vite names what lies here after its content.
        const isHashed = path.includes("/assets/");
        response.setHeader("vary", "accept-encoding"); // each form lies beside the file
        response.setHeader("cache-control", isHashed ? `public, max-age=${YEAR_SECONDS}, immutable` : "no-cache");
      },
    });
  }

  /** Whether a member asks. */
  #admits({ headers, url }: FastifyRequest): boolean {
    return headers.authorization !== undefined && this.#ports.sessions.admits(headers.authorization, url);
  }

  #crossOrigin(origin: string | undefined): Readonly<Record<string, string>> {
    if (origin === undefined || !this.#config.origins.includes(origin)) return {};
    return {
      "access-control-allow-origin": origin,
      "access-control-allow-headers": "authorization",
      "access-control-max-age": "600",
      vary: "origin",
    };
  }

  #headersFor(host: string): Readonly<Record<string, string>> {
    return pageHeaders({
      host,
      secure: this.#isSecure,
      brokers: [...this.#ports.brokerOrigins, ...this.#ownSockets],
      publicCertificate: this.#config.tls !== null,
    });
  }

  #isWelcome({ headers: { host, origin }, socket }: IncomingMessage): boolean {
    const isOurs =
      isKnownHost(host, this.#names) && isKnownOrigin(origin, host, [...this.#config.origins, ...this.#ownOrigins]);
    return isOurs && this.#limits.take(socket.remoteAddress ?? "");
  }
}

function serverOf(handler: (request: IncomingMessage, response: never) => void, tls: ServerCertificate | null): Server {
  const options: ServerOptions = {
    maxHeaderSize: HEADER_BYTES,
    headersTimeout: HEADERS_WITHIN_MS,
    requestTimeout: REQUEST_WITHIN_MS,
    connectionsCheckingInterval: 5_000,
  };
  const server =
    tls === null
      ? createHttpServer(options, handler as never)
      : createHttpsServer({ ...options, ...tls, handshakeTimeout: HEADERS_WITHIN_MS }, handler as never);
  server.keepAliveTimeout = IDLE_MS;
  server.timeout = STALLED_MS;
  server.maxRequestsPerSocket = 10_000;
  limitConnections(server);
  return server;
}

const isReading = ({ method }: FastifyRequest): boolean => method === "GET" || method === "HEAD";

function nothing(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).send();
}
