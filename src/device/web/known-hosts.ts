import { isIP } from "node:net";
import { hostname } from "node:os";

const LOOPBACK = ["localhost", "127.0.0.1", "::1"];

export const isLoopback = (host: string): boolean => LOOPBACK.includes(host) || host.startsWith("127.");

/** What phones call this doorbell; the first is for links. */
export function namesOf({ host, names }: { readonly host: string; readonly names: readonly string[] }): string[] {
  if (names.length > 0) return names.map((name) => name.toLowerCase());
  return isLoopback(host) ? ["localhost"] : [`${hostname().toLowerCase()}.local`];
}

/** A host as it stands in a URL. */
export const urlHost = (name: string): string => (isIP(name) === 6 ? `[${name}]` : name);

/**
 * Whether a request means this server. A page of another site can have its own name point here (DNS rebinding), and
 * would then be of one origin with the app; an address or a configured name cannot be borrowed like that.
 */
export function isKnownHost(header: string | undefined, names: readonly string[]): boolean {
  if (header === undefined || header.length > 300 || !URL.canParse(`http://${header}`)) return false;
  const name = new URL(`http://${header}`).hostname.replace(/^\[|\]$/g, "");
  return isIP(name) !== 0 || LOOPBACK.includes(name) || names.includes(name);
}

/** Whether a page of this origin may speak to us; programs other than browsers send none. */
export function isKnownOrigin(
  origin: string | undefined,
  host: string | undefined,
  configured: readonly string[],
): boolean {
  if (origin === undefined) return true;
  if (configured.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
