import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { fromHex } from "../protocol/bytes.ts";
import { MAX_ADD_CHECKPOINT_BYTES } from "../protocol/tlog/add-checkpoint.ts";
import { WitnessError } from "./errors.ts";
import type { Witness } from "./witness.ts";

const REQUEST_TIMEOUT_MS = 10_000;
/** How often the former is looked after; Node's own is half a minute. */
const CHECKING_INTERVAL_MS = 2_000;
const MAX_CONNECTIONS = 256;

export interface WitnessServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** What kept the witness from answering; nothing was cosigned. */
  readonly onFailure?: (error: unknown) => void;
}

export interface RunningWitness {
  /** Submission prefix and monitoring prefix in one. */
  readonly url: string;
  /** Never throws; may be called twice. */
  stop(): Promise<void>;
}

/** `POST /add-checkpoint` and `GET /<origin hash>/checkpoint`. @throws {@link WitnessError} `witness/port`. */
export async function serveWitness(witness: Witness, options: WitnessServerOptions): Promise<RunningWitness> {
  const server = createServer({ connectionsCheckingInterval: CHECKING_INTERVAL_MS }, (request, response) => {
    handle(witness, request, response).catch((error: unknown) => {
      options.onFailure?.(error);
      if (!response.headersSent) send(response, 500, "the witness could not do it; nothing was cosigned\n");
      else response.destroy();
    });
  });
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  server.maxConnections = MAX_CONNECTIONS;
  await listening(server, options);
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  let stopping: Promise<void> | null = null;
  return {
    url: `http://${host}:${port}`,
    stop() {
      stopping ??= new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      });
      return stopping;
    },
  };
}

function listening(server: Server, { host, port }: WitnessServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      reject(new WitnessError("witness/port", `cannot listen on ${host}:${port}`, { cause }));
    });
    server.listen(port, host, () => {
      server.removeAllListeners("error");
      server.on("error", () => {}); // a failed accept (too many open files) ends one visitor, not the witness
      resolve();
    });
  });
}

async function handle(witness: Witness, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = "" } = request;
  const originHash = /^\/([0-9a-f]{64})\/checkpoint$/.exec(url)?.[1];
  if (originHash !== undefined && (method === "GET" || method === "HEAD")) {
    const checkpoint = witness.checkpointByOriginHash(fromHex(originHash));
    if (checkpoint === null) send(response, 404, "no checkpoint of this log was cosigned\n");
    else send(response, 200, Buffer.from(checkpoint).toString("utf8"));
    return;
  }
  if (url !== "/add-checkpoint") {
    send(response, 404, "not found\n");
    return;
  }
  if (method !== "POST") {
    send(response, 405, "POST it\n");
    return;
  }
  const body = await bodyOf(request);
  if (body === null) {
    response.setHeader("Connection", "close");
    send(response, 413, "too long\n");
    return;
  }
  const { status, contentType, body: text } = await witness.addCheckpoint(body);
  send(response, status, text, contentType);
}

/** Null when it is longer than any request may be; the rest is not read. */
async function bodyOf(request: IncomingMessage): Promise<Uint8Array | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_ADD_CHECKPOINT_BYTES) return null;
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function send(response: ServerResponse, status: number, text: string, contentType = "text/plain; charset=utf-8"): void {
  response.writeHead(status, { "Content-Type": contentType, "Cache-Control": "no-store" });
  response.end(text);
}
