import { toHex } from "../protocol/bytes.ts";
import type { Cancel, Clock } from "./platform/clock.ts";

/** A phone that listens says so at once; one that fell asleep behind an open connection without a word says nothing. */
const HEARD_WITHIN_MS = 1_500;

export interface RingCallsPorts {
  readonly clock: Pick<Clock, "monotonicMs" | "after">;
  /** Keys of all members. */
  readonly members: () => readonly Uint8Array[];
  /** False when this member's phone cannot hear it. */
  readonly isListening: (member: Uint8Array) => boolean;
  /** Wakes the phone of a member who has not heard the ring. */
  readonly wake: (member: Uint8Array) => void;
}

/** Which members have heard the last ring. In memory only: nothing on the card tells when somebody rang. */
export class RingCalls {
  readonly #ports: RingCallsPorts;
  readonly #heard = new Set<string>();
  /** Said that nobody looks at their app now, which their system may put to sleep at any moment. */
  readonly #dozing = new Set<string>();
  #rangAtMs: number | null = null;
  #cancel: Cancel = () => {};

  constructor(ports: RingCallsPorts) {
    this.#ports = ports;
  }

  rang(): void {
    this.#rangAtMs = this.#ports.clock.monotonicMs();
    this.#heard.clear();
    this.#cancel();
    const asleep = this.#ports
      .members()
      .filter((member) => this.#dozing.has(toHex(member)) || !this.#ports.isListening(member));
    for (const member of asleep) this.#ports.wake(member);
    this.#cancel = this.#ports.clock.after(HEARD_WITHIN_MS, () => {
      for (const member of this.#ports.members()) {
        if (!asleep.includes(member) && !this.#heard.has(toHex(member))) this.#ports.wake(member);
      }
    });
  }

  heardBy(member: Uint8Array): void {
    this.#heard.add(toHex(member));
  }

  /** A phone that dozes is woken at once, also behind an open connection: waiting for its word would be lost time. */
  setAwake(member: Uint8Array, awake: boolean): void {
    if (awake) this.#dozing.delete(toHex(member));
    else this.#dozing.add(toHex(member));
  }

  /** Since the last ring; null when there was none since the start. */
  get agoMs(): number | null {
    return this.#rangAtMs === null ? null : Math.round(this.#ports.clock.monotonicMs() - this.#rangAtMs);
  }

  stop(): void {
    this.#cancel();
  }
}
