/**
 * The register over HTTP: statements in, the log out. It keeps no access log and nothing about who reads: no cookie, no
 * count, no address, not in memory either beyond the open connection.
 */

import fastifyStatic from "@fastify/static";
import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import type { Clock } from "../device/platform/clock.ts";
import type { Log } from "../device/platform/logger.ts";
import { toBase64url } from "../protocol/bytes.ts";
import { MAX_STATEMENT_BYTES } from "../protocol/envelope.ts";
import { protocolErrors } from "../protocol/errors.ts";
import { requestErrors } from "../protocol/register/errors.ts";
import { isEntryKind } from "../protocol/register/leaf.ts";
import { CHECKPOINT_PATH, parseTilePath, tileWidth } from "../protocol/tlog/tiles.ts";
import { RegisterError, type RegisterErrorCode, registerErrors } from "./errors.ts";
import { FloodGuard } from "./flood-guard.ts";
import type { Answer, Register } from "./register.ts";

const REQUEST_TIMEOUT_MS = 10_000;
/** How often the former is looked after: Node's own half a minute would give whoever sends byte by byte four times as long. */
const CHECKING_INTERVAL_MS = 2_000;
const IDLE_TIMEOUT_MS = 15_000;
const MAX_CONNECTIONS = 1_024;
const RETRY_AFTER_SECONDS = "5";

/** A tile never changes, not even a partial one: another width is another file. */
const FOREVER = "public, max-age=31536000, immutable";
/** A reader may wait this long for news, and a cache in front of the register is asked that seldom. */
const SECONDS = "public, max-age=2";

const TEXT = "text/plain; charset=utf-8";
const BYTES = "application/octet-stream";

const hints: Readonly<Record<string, string>> = { ...protocolErrors, ...requestErrors, ...registerErrors };

const statusOfRegisterError: Readonly<Partial<Record<RegisterErrorCode, number>>> = {
  "register/too-large": 413,
  "register/not-found": 404,
  "register/slow-down": 429,
  "register/busy": 503,
  "register/stopping": 503,
  "register/write-failed": 503,
};

const statusOfRefusal: Readonly<Record<string, number>> = {
  "statement/size": 413,
  "request/unaccredited": 403,
  "request/revoked": 403,
  "request/agency": 403,
  "request/signature": 403,
  "register-leaf/operator": 403,
  "request/replayed": 409,
  "request/overlap": 409,
  "request/outcome-closed": 409,
  "request/daily-limit": 429,
};

export interface RegisterServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RunningRegister {
  readonly url: string;
  /** Never throws; may be called twice. */
  stop(): Promise<void>;
}

/** @throws {@link RegisterError} `register/port`. */
export async function serveRegister(register: Register, options: RegisterServerOptions): Promise<RunningRegister> {
  const app = fastify({
    logger: false,
    bodyLimit: MAX_STATEMENT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { connectionsCheckingInterval: CHECKING_INTERVAL_MS },
    keepAliveTimeout: IDLE_TIMEOUT_MS,
    connectionTimeout: IDLE_TIMEOUT_MS,
    forceCloseConnections: true,
    exposeHeadRoutes: true,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, _request, reply) => void refuseError(error, reply, options.log),
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  // Any page may read the log, and send a statement that its visitor has signed.
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("Access-Control-Allow-Origin", "*");
  });
  app.setErrorHandler((error, _request, reply) => refuseError(error, reply, options.log));
  app.setNotFoundHandler((_request, reply) =>
    refuseError(new RegisterError("register/not-found", "nothing is here"), reply, options.log),
  );
  acceptStatements(app, register, options);
  await serveLog(app, register);
  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (cause) {
    await app.close();
    throw new RegisterError("register/port", `cannot listen on ${options.host}:${options.port}`, { cause });
  }
  const address = app.server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  let stopping: Promise<void> | null = null;
  return {
    url: `http://${host}:${port}`,
    stop() {
      stopping ??= app.close();
      return stopping;
    },
  };
}

function acceptStatements(app: FastifyInstance, register: Register, { clock, log }: RegisterServerOptions): void {
  const guard = new FloodGuard(() => clock.monotonicMs());
  const forgeries = new WeakSet<FastifyReply>();
  app.options("/statements/:kind", async (_request, reply) =>
    reply
      .header("Access-Control-Allow-Methods", "POST")
      .header("Access-Control-Allow-Headers", "content-type")
      .header("Access-Control-Max-Age", "86400")
      .code(204)
      .send(),
  );
  app.post<{ Params: { kind: string } }>(
    "/statements/:kind",
    {
      // Before the body is read: who is asked to slow down does not get 16 KiB more attention.
      onRequest: async (request, reply) => {
        const patience = guard.begin(request.raw.socket);
        if (patience !== "go-on") throw new RegisterError(patience, "too much at once");
        reply.raw.once("close", () => {
          const refused = forgeries.has(reply) ? "forged" : "refused";
          const conclusion = reply.statusCode >= 400 ? refused : "accepted";
          if (guard.end(request.raw.socket, conclusion)) request.raw.socket.end();
        });
      },
    },
    async ({ params: { kind }, body }, reply) => {
      if (!isEntryKind(kind))
        throw new RegisterError("register/not-found", `no statement is called ${JSON.stringify(kind)}`);
      const answer = await register.submit(kind, body instanceof Uint8Array ? new Uint8Array(body) : new Uint8Array());
      if (answer.outcome === "refused") {
        if (answer.forged) forgeries.add(reply);
        return refuse(answer, kind, reply, log);
      }
      const { index, at, digest } = answer;
      return reply.code(201).send({ ok: true, index, at, digest: toBase64url(digest) });
    },
  );
}

function refuse(
  { code, message }: Extract<Answer, { outcome: "refused" }>,
  kind: string,
  reply: FastifyReply,
  log: Log,
): FastifyReply {
  log.info("statement refused", { kind, code });
  const status = statusOfRefusal[code] ?? (code.startsWith("statement/") ? 400 : 422);
  return reply.code(status).send({ ok: false, error: { code, message, hint: hints[code] ?? "" } });
}

/** Foreign and own errors as one answer; only what the register itself got wrong is logged. */
function refuseError(error: unknown, reply: FastifyReply, log: Log): FastifyReply {
  const known = asRegisterError(error);
  const { code, message } = known;
  if (code === "register/internal") log.error("answer failed", { error: String(error) });
  if (code === "register/busy" || code === "register/write-failed") reply.header("Retry-After", RETRY_AFTER_SECONDS);
  if (code === "register/too-large" || code === "register/slow-down") reply.header("Connection", "close");
  return reply
    .code(statusOfRegisterError[code] ?? 500)
    .header("Cache-Control", "no-store")
    .type("application/json; charset=utf-8")
    .send({ ok: false, error: { code, message, hint: registerErrors[code] } });
}

function asRegisterError(error: unknown): RegisterError {
  if (error instanceof RegisterError) return error;
  const { code, statusCode = 500 } = error as { readonly code?: string; readonly statusCode?: number };
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return new RegisterError("register/too-large", "more than 16 KiB");
  if (statusCode < 500) return new RegisterError("register/not-found", "not a request that is understood here");
  return new RegisterError("register/internal", "the register could not do it", { cause: error });
}

/** The published files as they are; a file server of any kind over the same folder gives the same bytes. */
async function serveLog(app: FastifyInstance, register: Register): Promise<void> {
  await app.register(fastifyStatic, {
    root: register.publicDir,
    serve: false,
    cacheControl: false,
    etag: false,
    lastModified: false,
    acceptRanges: false,
    contentType: false,
    dotfiles: "deny",
    index: false,
  });
  app.get(`/${CHECKPOINT_PATH}`, (_request, reply) =>
    reply.header("Cache-Control", SECONDS).type(TEXT).sendFile(CHECKPOINT_PATH),
  );
  app.get<{ Params: { "*": string } }>("/tile/*", (request, reply) => {
    const path = `tile/${request.params["*"]}`;
    const name = parseTilePath(path);
    // A tile of entries that no checkpoint speaks of yet could still become another one.
    if (name === null || name.width > tileWidth(register.size, name.level, name.index)) return reply.callNotFound();
    return reply.header("Cache-Control", FOREVER).type(BYTES).sendFile(path);
  });
}
