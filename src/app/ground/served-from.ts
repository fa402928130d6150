import type { BrokerUrl } from "../../protocol/link-login.ts";

const HERE = /^(localhost|127\..*|\[.*\]|\d+\.\d+\.\d+\.\d+)$/;

/**
 * Whether this page can have come from the doorbell that browsers reach at these WebSocket addresses. A page cannot tell
 * who has served it; but a doorbell is opened by a name that it gives itself, or by an address, and an app kept elsewhere
 * has a name of its own. Without any such address nothing can be told.
 */
export function canBeServedBy(sockets: readonly BrokerUrl[], hostname = location.hostname): boolean {
  if (sockets.length === 0 || HERE.test(hostname)) return true;
  return sockets.some(({ url }) => new URL(url).hostname === hostname);
}

export const socketsOf = (brokers: readonly BrokerUrl[]): BrokerUrl[] =>
  brokers.filter(({ url }) => /^wss?:/.test(url));
