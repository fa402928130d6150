import { equalBytes, toHex } from "../../protocol/bytes.ts";
import { sleepWith } from "../platform/clock.ts";
import { codeOf } from "../platform/error-code.ts";
import { Clearance } from "./clearance.ts";
import type { AcceptedConsent, ConsentDeskPorts, HouseholdView } from "./ports.ts";
import { hasExpired, ownersWhoSigned, readStored } from "./stored-consent.ts";

type DeliveryPorts = Pick<
  ConsentDeskPorts,
  "crypto" | "clock" | "household" | "vault" | "accepted" | "publisher" | "log"
>;

/** After a boot without network: how often to look whether the clock has been set. */
const CLOCK_CHECK_MS = 10_000;

/** Hands consents that stand in the ledger to the publisher, each with a clearance that keeps asking whether it holds. */
export class Deliveries {
  readonly #ports: DeliveryPorts;
  readonly #underWay = new Set<Promise<void>>();

  constructor(ports: DeliveryPorts) {
    this.#ports = ports;
  }

  /** @param stored - A row of the ledger: its audit row is written and its undo window is over. */
  begin(stored: AcceptedConsent, signal: AbortSignal): void {
    const { accepted, publisher, log } = this.#ports;
    const { token } = stored;
    const delivery = this.#clockSet(signal)
      .then(() => publisher.publish(this.#clear(stored), signal))
      .then((end) => {
        if (end !== "delivered") accepted.end(token, end);
        log.info("share ended", { token: toHex(token), end });
      })
      .catch((error: unknown) => {
        // The row stays open, so the next start takes it up again.
        if (!signal.aborted) log.error("delivery failed", { token: toHex(token), cause: codeOf(error) });
      })
      .finally(() => this.#underWay.delete(delivery));
    this.#underWay.add(delivery);
  }

  /** Null for a token whose delivery is not open. */
  clearanceOf(token: Uint8Array): Clearance | null {
    const stored = this.#ports.accepted.open().find((open) => equalBytes(open.token, token));
    return stored === undefined ? null : this.#clear(stored);
  }

  async ended(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  /** Nothing leaves after its consent has expired, so nothing leaves before the time is known either. */
  async #clockSet(signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    while (!clock.synced()) await sleepWith(clock.after.bind(clock), CLOCK_CHECK_MS, signal);
  }

  #clear(stored: AcceptedConsent): Clearance {
    const { crypto, clock, vault, accepted, household } = this.#ports;
    const { consent, digest, card, envelopes } = readStored(crypto, stored);
    let view: HouseholdView | null = null;
    let areOwners = false;
    return Clearance.ofVerified({
      token: stored.token,
      consent,
      consentDigest: digest,
      card,
      grant: stored.grant,
      facts: stored.facts,
      objection: () => {
        if (accepted.stateOf(stored.token) !== "open") return "revoked";
        if (hasExpired(consent, clock)) return "void";
        const now = household();
        if (view === null || view.state !== now.state) {
          view = now;
          areOwners = ownersWhoSigned(crypto, envelopes, now) !== null;
        }
        return areOwners && vault.find(consent.clip) !== null ? null : "void";
      },
    });
  }
}
