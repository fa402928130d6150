import { equalBytes, toHex } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { isWebToken, readWebAuthorization } from "../../protocol/web-token.ts";
import type { Clock } from "../platform/clock.ts";

/** By the monotonic clock: a phone whose clock is off is let in all the same. */
export const SESSION_MS = 15 * 60_000;
const MAX_OF_ONE_MEMBER = 8;

interface Session {
  readonly id: Uint8Array;
  readonly member: Uint8Array;
  readonly endsAtMs: number;
}

export interface MemberSessionsPorts {
  readonly crypto: Crypto;
  readonly clock: Pick<Clock, "monotonicMs">;
  /** The key that a member's tokens are made with; null for whoever is no member (any more). */
  readonly webKeyOf: (member: Uint8Array) => Uint8Array | null;
}

/** Who may fetch ciphertext over HTTP just now. In memory only, and what is fetched is noted nowhere. */
export class MemberSessions {
  readonly #ports: MemberSessionsPorts;
  readonly #sessions = new Map<string, Session>();

  constructor(ports: MemberSessionsPorts) {
    this.#ports = ports;
  }

  /** @param member - As the link knows it. */
  open(member: Uint8Array): Uint8Array {
    const nowMs = this.#ports.clock.monotonicMs();
    for (const [name, { endsAtMs }] of this.#sessions) if (endsAtMs <= nowMs) this.#sessions.delete(name);
    const own = [...this.#sessions].filter(([, session]) => equalBytes(session.member, member));
    const [oldest] = own;
    if (own.length >= MAX_OF_ONE_MEMBER && oldest !== undefined) this.#sessions.delete(oldest[0]);
    const id = this.#ports.crypto.randomBytes(16);
    this.#sessions.set(toHex(id), { id, member, endsAtMs: nowMs + SESSION_MS });
    return id;
  }

  /** Whether this header lets a member GET this path. */
  admits(authorization: string | undefined, path: string): boolean {
    const token = readWebAuthorization(authorization);
    const session = token && this.#sessions.get(toHex(token.session));
    if (token === null || !session || session.endsAtMs <= this.#ports.clock.monotonicMs()) return false;
    const key = this.#ports.webKeyOf(session.member);
    return key !== null && isWebToken(this.#ports.crypto, key, token, path);
  }
}
