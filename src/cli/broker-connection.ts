import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { type IClientOptions, MqttClient } from "mqtt";
import { createWebSocketStream, WebSocket } from "ws";
import { PacketLimit } from "../device/link/packet-limit.ts";
import { MAX_CHANNEL_MESSAGE_BYTES } from "../protocol/channel.ts";
import { parseBrokerUrl } from "./broker-url.ts";
import { withDeadline } from "./deadline.ts";
import { CliError } from "./errors.ts";

const CONNECT_WITHIN_MS = 10_000;
const KEEPALIVE_SECONDS = 30;
/** A message of the link, which is larger than a chunk of a share, and the MQTT header in front of it. */
const MAX_PACKET_BYTES = MAX_CHANNEL_MESSAGE_BYTES + 256;

export interface BrokerAddress {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** PEM of the authority to trust instead of the public ones. */
  readonly ca?: string;
  /** SHA-256 of the one certificate to accept, for a broker that signed its own. */
  readonly certificateSha256?: Uint8Array;
  /** A name kept over several connections makes the broker keep what arrives in between. */
  readonly persistentClientId?: string;
}

/**
 * Connects once, without trying again: a command either has its broker or says so.
 * The certificate is checked before the first byte of MQTT, so that a password never goes to a stranger.
 * @param onMessage - Also hears what a kept session brings in the same packet as the connection, before this settles.
 */
export async function connectBroker(
  address: BrokerAddress,
  signal: AbortSignal,
  onMessage: (topic: string, payload: Uint8Array) => void = () => {},
): Promise<MqttClient> {
  const socket = await openSocket(address, withDeadline(signal, CONNECT_WITHIN_MS));
  const options: IClientOptions = {
    clientId: address.persistentClientId ?? randomBytes(10).toString("hex"),
    clean: address.persistentClientId === undefined,
    username: address.username,
    password: address.password,
    protocolVersion: 4,
    keepalive: KEEPALIVE_SECONDS,
    reconnectPeriod: 0,
    connectTimeout: CONNECT_WITHIN_MS,
  };
  const client = new MqttClient(() => new PacketLimit(socket, MAX_PACKET_BYTES), options);
  client.on("message", onMessage);
  try {
    await new Promise<void>((resolve, reject) => {
      client.once("connect", () => resolve());
      client.once("error", reject);
      client.once("close", () => reject(new CliError("cli/no-answer", `the broker at ${address.url} hung up`)));
    });
  } catch (error) {
    client.end(true);
    if (error instanceof CliError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError("cli/no-answer", `the broker at ${address.url} does not let us in: ${why}`, { cause: error });
  }
  client.on("error", () => client.end(true));
  return client;
}

/** mqtt.js would wait for acknowledgements that no longer come when the connection has gone, or goes meanwhile. */
export async function hangUp(client: MqttClient): Promise<void> {
  if (!client.connected) {
    client.end(true);
    return;
  }
  const gone = new Promise<void>((resolve) => client.once("close", () => resolve()));
  await Promise.race([client.endAsync(), gone]);
}

function openSocket(address: BrokerAddress, signal: AbortSignal): Promise<Duplex> {
  return /^wss?:/.test(address.url) ? openWebSocket(address, signal) : openTcp(address, signal);
}

/** The way through a web server; a broker behind one is trusted by its name alone. */
async function openWebSocket({ url, ca }: BrokerAddress, signal: AbortSignal): Promise<Duplex> {
  const options = { maxPayload: MAX_PACKET_BYTES, perMessageDeflate: false, ...(ca === undefined ? {} : { ca }) };
  const webSocket = new WebSocket(url, "mqtt", options);
  const giveUp = (): void => webSocket.terminate();
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    await once(webSocket, "open", { signal });
    return createWebSocketStream(webSocket);
  } catch (error) {
    webSocket.on("error", () => {});
    webSocket.terminate();
    throw unreachable(url, error, signal);
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

function unreachable(url: string, cause: unknown, signal: AbortSignal): CliError {
  const why = signal.aborted ? "it does not answer" : reason(cause);
  return new CliError("cli/no-answer", `cannot reach the broker at ${url}: ${why}`, {
    cause,
    hint: "Check that this machine is in the same network, that the broker runs, and its address.",
  });
}

async function openTcp(address: BrokerAddress, signal: AbortSignal): Promise<Socket> {
  const { protocol, hostname, port } = parseBrokerUrl(address.url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const pinned = address.certificateSha256;
  const socket =
    protocol === "mqtt:"
      ? connectTcp({ host, port: Number(port || 1883) })
      : connectTls({
          host,
          port: Number(port || 8883),
          servername: /^[\d.]+$|:/.test(host) ? "" : host,
          rejectUnauthorized: pinned === undefined,
          ...(address.ca === undefined ? {} : { ca: address.ca }),
        });
  try {
    await once(socket, protocol === "mqtt:" ? "connect" : "secureConnect", { signal });
    if (pinned !== undefined && protocol === "mqtts:") checkPin(socket as TLSSocket, pinned, address.url);
  } catch (error) {
    socket.destroy();
    if (error instanceof CliError) throw error;
    throw unreachable(address.url, error, signal);
  }
  return socket;
}

function checkPin(socket: TLSSocket, pinned: Uint8Array, url: string): void {
  const der = socket.getPeerCertificate().raw;
  const digest = createHash("sha256").update(der).digest();
  if (pinned.length !== digest.length || !timingSafeEqual(pinned, digest)) {
    throw new CliError("cli/no-answer", `the broker at ${url} shows another certificate than at pairing`, {
      hint: "Somebody may stand between you and the doorbell. If the doorbell was set up anew, pair again.",
    });
  }
}

function reason(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join(", ");
  return error instanceof Error ? error.message : String(error);
}
