import { type LookupAddress, lookup as lookUp } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { PushError } from "./errors.ts";

/** What is not the public internet: IANA's special-purpose registries, and IPv6 forms that hide an IPv4 address. */
const SPECIAL_IPV4 = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
] as const;
const SPECIAL_IPV6 = [
  ["::", 96],
  ["::ffff:0:0", 96],
  ["64:ff9b::", 96],
  ["2001::", 32],
  ["2002::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const;

/** One list for each family: in a common one `::ffff:0:0/96` would match every IPv4 address. */
const specialIpv4 = new BlockList();
const specialIpv6 = new BlockList();
for (const [address, bits] of SPECIAL_IPV4) specialIpv4.addSubnet(address, bits, "ipv4");
for (const [address, bits] of SPECIAL_IPV6) specialIpv6.addSubnet(address, bits, "ipv6");

export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  return family === 6 ? !specialIpv6.check(address, "ipv6") : !specialIpv4.check(address, "ipv4");
}

const MAX_ENDPOINT = 1024;

/**
 * The address that a phone gave, which the device is going to connect to.
 * @param allowPrivate - The household has a push server of its own, perhaps without TLS.
 * @throws PushError `push/endpoint`. The addresses behind a name are looked at when it is connected to.
 */
export function readEndpoint(text: string, allowPrivate: boolean): URL {
  const url = text.length <= MAX_ENDPOINT && URL.canParse(text) ? new URL(text) : null;
  const isScheme = url?.protocol === "https:" || (allowPrivate && url?.protocol === "http:");
  const host = url?.hostname.replace(/^\[|\]$/g, "") ?? "";
  const isPrivate = isIP(host) !== 0 && !isPublicAddress(host);
  if (url === null || !isScheme || url.username !== "" || url.password !== "" || (isPrivate && !allowPrivate)) {
    throw new PushError("push/endpoint", "no public https:// address");
  }
  return url;
}

/** Looks names up like Node, and gives no address that is not public: a name may point into the home. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookUp(hostname, { ...options, all: true }, (error, found) => {
    const addresses: LookupAddress[] = (found ?? []).filter(({ address }) => isPublicAddress(address));
    const [first] = addresses;
    if (error !== null) callback(error, "", 0);
    else if (first === undefined) callback(new PushError("push/endpoint", "the name has no public address"), "", 0);
    else if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};
