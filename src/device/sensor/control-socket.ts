import { rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Log } from "../platform/logger.ts";
import { type SocketPath, socketPath } from "../platform/socket-path.ts";
import { SensorError } from "./errors.ts";

/** One line asks, one line answers; members are plain JSON. */
export type ControlRequest = Readonly<Record<string, unknown>>;
export type ControlAnswer =
  | { readonly ok: true; readonly [member: string]: unknown }
  | { readonly ok: false; readonly error: string; readonly [member: string]: unknown };
export type ControlHandler = (request: ControlRequest) => ControlAnswer | Promise<ControlAnswer>;

const MAX_LINE_CHARACTERS = 65_536;
const MAX_CONNECTIONS = 16;
const IDLE_MS = 60_000;

/** The daemon's words with its own machine: a unix socket that only its user may open. Each op has one handler. */
export class ControlSocket {
  readonly #path: string;
  readonly #log: Log;
  readonly #handlers = new Map<string, ControlHandler>();
  readonly #connections = new Set<Socket>();
  #server: Server | undefined;
  #place: SocketPath | undefined;

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
  }

  handle(op: string, handler: ControlHandler): void {
    this.#handlers.set(op, handler);
  }

  /** @throws SensorError `control/in-use`. */
  async start(): Promise<void> {
    const place = socketPath(this.#path);
    this.#place = place;
    if (await answers(place.path)) throw new SensorError("control/in-use", `another daemon listens on ${this.#path}`);
    await rm(this.#path, { force: true });
    const server = createServer((socket) => this.#accept(socket));
    server.maxConnections = MAX_CONNECTIONS;
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      // The socket is made within this call, with the rights that the mask leaves: nobody else can ever connect.
      const mask = process.umask(0o177);
      server.listen(place.path, resolve);
      process.umask(mask);
    });
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#connections) socket.destroy();
    await closed;
    this.#place?.release();
  }

  #accept(socket: Socket): void {
    this.#connections.add(socket);
    let text = "";
    let turn = Promise.resolve();
    socket.setEncoding("utf8");
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on("error", () => {});
    socket.on("close", () => this.#connections.delete(socket));
    socket.on("data", (part: string) => {
      text += part;
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        turn = turn.then(async () => {
          const answer = await this.#answer(line);
          if (socket.writable) socket.write(`${JSON.stringify(answer)}\n`);
        });
      }
      if (text.length > MAX_LINE_CHARACTERS) socket.destroy();
    });
  }

  async #answer(line: string): Promise<ControlAnswer> {
    const request = parseRequest(line);
    const op = request?.op;
    if (request === undefined || typeof op !== "string") return { ok: false, error: 'not a line of JSON with an "op"' };
    const handler = this.#handlers.get(op);
    if (handler === undefined)
      return { ok: false, error: `unknown op "${op}"; known: ${[...this.#handlers.keys()].join(", ")}` };
    try {
      return await handler(request);
    } catch (error) {
      this.#log.warn("control request failed", { op });
      return { ok: false, error: error instanceof Error ? error.message : String(error) };
    }
  }
}

function parseRequest(line: string): ControlRequest | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** A socket file that a killed daemon left behind refuses connections. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    const settle = (answered: boolean) => (): void => {
      probe.destroy();
      resolve(answered);
    };
    probe.once("connect", settle(true));
    probe.once("error", settle(false));
  });
}
