import { isIP, isIPv4 } from "node:net";

/** RFC 5280, 4.2.1.10. */
export const NAME_CONSTRAINTS_OID = "2.5.29.30";

const SEQUENCE = 0x30;
const PERMITTED = 0xa0;
const EXCLUDED = 0xa1;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

/**
 * The extension's DER: an authority with it vouches for these names and addresses alone. A kind of name that is not
 * among them has to be ruled out as a whole, since a constraint says nothing about kinds that it does not mention.
 */
export function nameConstraints(names: readonly string[]): Uint8Array {
  const dns = names.filter((name) => isIP(name) === 0);
  const addresses = names.filter((name) => isIP(name) !== 0);
  const permitted = [
    ...dns.map((name) => subtree(DNS_NAME, Buffer.from(name, "ascii"))),
    ...addresses.map((name) => subtree(IP_ADDRESS, oneAddress(name))),
  ];
  const excluded = [
    ...(dns.length === 0 ? [subtree(DNS_NAME, Buffer.alloc(0))] : []),
    ...(addresses.some(isIPv4) ? [] : [subtree(IP_ADDRESS, Buffer.alloc(8))]),
    ...(addresses.some((name) => isIP(name) === 6) ? [] : [subtree(IP_ADDRESS, Buffer.alloc(32))]),
  ];
  const parts = [
    ...(permitted.length === 0 ? [] : [der(PERMITTED, ...permitted)]),
    ...(excluded.length === 0 ? [] : [der(EXCLUDED, ...excluded)]),
  ];
  return new Uint8Array(der(SEQUENCE, ...parts));
}

const subtree = (tag: number, base: Uint8Array): Buffer => der(SEQUENCE, der(tag, base));

/** Address and a mask of ones. */
function oneAddress(name: string): Buffer {
  const bytes = isIPv4(name) ? Buffer.from(name.split(".").map(Number)) : ipv6Bytes(name);
  return Buffer.concat([bytes, Buffer.alloc(bytes.length, 0xff)]);
}

function ipv6Bytes(name: string): Buffer {
  const plain = new URL(`http://[${name}]`).hostname.slice(1, -1); // IPv4 at the end becomes hexadecimal here
  const [head = "", tail = ""] = plain.split("::");
  const groups = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const [left, right] = [groups(head), groups(tail)];
  const all = plain.includes("::")
    ? [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right]
    : left;
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const length = content.length < 0x80 ? [content.length] : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
