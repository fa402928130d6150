import { BlockList, isIP } from "node:net";
import { foreignText } from "./words.ts";

/** Loopback, link-local and private addresses (RFC 1122, 1918, 3927, 4193, 4291). */
const insideHome = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const) {
  insideHome.addSubnet(network, prefix, "ipv4");
}
insideHome.addAddress("::", "ipv6");
insideHome.addAddress("::1", "ipv6");
insideHome.addSubnet("fc00::", 7, "ipv6");
insideHome.addSubnet("fe80::", 10, "ipv6");

/** Names that only a home's own network resolves. */
const LOCAL_NAME = /^localhost$|^[^.]+$|\.(?:localhost|local|lan|home\.arpa|internal)$/;

/**
 * Where a share would go, for the person who signs: the doorbell connects there from inside the home, and the recipient
 * wrote the address. The host comes first, because `mqtt://bank.example@elsewhere` does not lead to the bank.
 */
export function inboxWords(url: string): string {
  const host = hostOf(url);
  if (host === null) return `${foreignText(url)}  (no address that the doorbell can reach)`;
  const warning = isInsideHome(host) ? "  (inside your own network: is that what you expect?)" : "";
  return `${foreignText(host)}, by ${foreignText(url)}${warning}`;
}

function hostOf(url: string): string | null {
  // A scheme that URL knows nothing of would keep unusual spellings of an address, such as 127.1.
  const known = url.replace(/^(?:mqtt|ws)s?:/, "http:");
  return URL.canParse(known) ? new URL(known).hostname.replace(/^\[|\]$/g, "") : null;
}

function isInsideHome(host: string): boolean {
  const family = isIP(host);
  if (family === 0) return LOCAL_NAME.test(host.replace(/\.$/, "").toLowerCase());
  return insideHome.check(host, family === 4 ? "ipv4" : "ipv6");
}
