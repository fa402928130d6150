import { X509Certificate } from "node:crypto";
import { hostname, networkInterfaces } from "node:os";
import { type BrokerUrl, formatBrokerUrls, parseBrokerUrls } from "../../protocol/link-login.ts";
import type { EmbeddedBrokerConfig, ExternalBrokerConfig } from "./link-ports.ts";

/** A QR code stays readable with a few addresses. */
const MAX_URLS = 3;

/** Of the web server's, which come after the broker's own. */
const MAX_WEB_URLS = 2;

/**
 * The broker as the pairing code names it.
 * @param port - Where the embedded broker listens.
 * @param webUrls - Where browsers reach it through the device's web server.
 */
export function memberUrls(
  broker: EmbeddedBrokerConfig | ExternalBrokerConfig,
  port: number,
  webUrls: readonly string[] = [],
): string {
  const own = broker.kind === "embedded" ? embeddedUrls(broker, port) : externalUrls(broker);
  const web = webUrls.slice(0, MAX_WEB_URLS).map((url) => ({ url, login: null, certificateSha256: null }));
  return formatBrokerUrls([...own, ...web.filter(({ url }) => !own.some((known) => known.url === url))]);
}

function embeddedUrls(broker: EmbeddedBrokerConfig, port: number): BrokerUrl[] {
  const scheme = broker.tls === undefined ? "mqtt" : "mqtts";
  const sha256 = broker.tls && new X509Certificate(broker.tls.cert).fingerprint256.replaceAll(":", "");
  const certificateSha256 = sha256 === undefined ? null : new Uint8Array(Buffer.from(sha256, "hex"));
  const urls = broker.memberUrls ?? hostsOf(broker.host).map((host) => `${scheme}://${host}:${port}`);
  // A browser cannot be told which certificate to take.
  const pinOf = (url: string): Uint8Array | null => (/^wss?:/.test(url) ? null : certificateSha256);
  return urls.slice(0, MAX_URLS).map((url) => ({ url, login: null, certificateSha256: pinOf(url) }));
}

function externalUrls(broker: ExternalBrokerConfig): BrokerUrl[] {
  const username = broker.memberUsername ?? broker.username;
  const password = broker.memberPassword ?? broker.password ?? "";
  const login = username === undefined ? null : { username, password };
  const urls = (broker.memberUrls ?? [broker.url]).flatMap(parseBrokerUrls);
  return urls.slice(0, MAX_URLS).map((parsed) => ({ ...parsed, login: parsed.login ?? login }));
}

/** A wildcard address is no place to connect to: name this machine's own addresses instead. */
function hostsOf(host: string): string[] {
  if (host !== "0.0.0.0" && host !== "::") return [host.includes(":") ? `[${host}]` : host];
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const ipv4 = addresses.filter(({ family, internal }) => family === "IPv4" && !internal).map(({ address }) => address);
  return [...ipv4.slice(0, MAX_URLS - 1), `${hostname()}.local`];
}
