import { toHex } from "../../protocol/bytes.ts";
import { codeOf } from "../platform/error-code.ts";
import { Challenges } from "./challenges.ts";
import type { Clearance } from "./clearance.ts";
import { decide, MAX_EXPIRY_AHEAD_SECONDS } from "./decide.ts";
import { Deliveries } from "./deliveries.ts";
import { ConsentError } from "./errors.ts";
import type { PendingConsent } from "./pending-file.ts";
import { PendingStore } from "./pending-store.ts";
import type { AcceptedConsent, ConsentDeskConfig, ConsentDeskPorts, ConsentSubmission, ShareStatus } from "./ports.ts";
import { readRevocation } from "./revocation.ts";
import { hasExpired, ownersWhoSigned, readStored } from "./stored-consent.ts";
import { UndoWindows } from "./undo-windows.ts";

const DEFAULT_UNDO_MS = 10 * 60 * 1000;
const SWEEP_EVERY_MS = 60_000;
/** When a full card, a locked ledger or a clock that is not set kept an accepted consent from opening. */
const RETRY_OPENING_MS = 60_000;
const DAY_SECONDS = 86_400;
/** As many as an answer of the link lists: all that is pending, then the newest. */
const MAX_LISTED = 1000;
/** As many as an audit row holds. */
const MAX_SIGNERS_IN_AUDIT = 16;

export type SubmitOutcome =
  | { readonly outcome: "refused" }
  | { readonly outcome: "waiting"; readonly missingSigners: number }
  | { readonly outcome: "undo-window"; readonly undoMs: number };

/**
 * Takes consents and revocations, one at a time, and carries an accepted one through its undo window to the publisher.
 * Accepting is one write of the pending store; opening is one transaction of the ledger (audit row, token id, outbox),
 * and only after it a {@link Clearance} exists. A crash between any two steps is taken up again by `start`.
 */
export class ConsentDesk {
  readonly #config: ConsentDeskConfig;
  readonly #ports: ConsentDeskPorts;
  #undoMs: number;
  readonly #pending: PendingStore;
  readonly #challenges: Challenges;
  readonly #windows: UndoWindows;
  readonly #deliveries: Deliveries;
  #turn: Promise<unknown> = Promise.resolve();
  #running: { readonly signal: AbortSignal; readonly end: () => void; readonly startedAtMs: number } | null = null;

  constructor(config: ConsentDeskConfig, ports: ConsentDeskPorts) {
    this.#config = config;
    this.#ports = ports;
    this.#undoMs = config.undoMs ?? DEFAULT_UNDO_MS;
    this.#pending = new PendingStore(config.pendingFile);
    this.#challenges = new Challenges(ports.crypto, ports.clock);
    this.#windows = new UndoWindows(ports.clock);
    this.#deliveries = new Deliveries(ports);
  }

  /** @throws ConsentError `consent/pending-damaged`. */
  async start(signal: AbortSignal): Promise<void> {
    const { clock, accepted } = this.#ports;
    await this.#pending.load();
    const ending = new AbortController();
    const cancelSweep = clock.every(SWEEP_EVERY_MS, () => this.#inBackground("sweep", () => this.#sweep()));
    this.#running = {
      signal: AbortSignal.any([signal, ending.signal]),
      end() {
        cancelSweep();
        ending.abort();
      },
      startedAtMs: clock.monotonicMs(),
    };
    await this.#inTurn(() => this.#sweep());
    for (const consent of this.#pending.consents)
      if (consent.state === "accepted") this.#beginUndoWindow(consent.token);
    for (const consent of accepted.open()) this.#deliver(consent);
  }

  async stop(): Promise<void> {
    this.#running?.end();
    this.#running = null;
    this.#windows.endAll();
    await Promise.allSettled([this.#turn, this.#deliveries.ended()]);
  }

  /** 16 bytes for one consent; void after 24 hours or a reboot. */
  challenge(): Uint8Array {
    return this.#challenges.issue();
  }

  /** @param from - Sign key of the member whose link brought it; for the log only, the signature decides. */
  submit(submission: ConsentSubmission, from: Uint8Array): Promise<SubmitOutcome> {
    return this.#inTurn(() => this.#submit(submission, from));
  }

  /** Undo windows that begin from now on last this long. */
  configure({ undoMs }: { readonly undoMs: number }): void {
    this.#undoMs = undoMs;
  }

  /** What a token that lacks signatures was submitted with, so that another owner can sign the same payload. */
  waitingSubmission(token: Uint8Array): ConsentSubmission | null {
    const pending = this.#pending.find(token);
    const [consent] = pending?.envelopes ?? [];
    if (pending?.state !== "waiting" || consent === undefined) return null;
    const { grant, card, facts, purpose } = pending;
    return { consent, grant, card, facts, purpose };
  }

  /** False when the statement is refused; the log names why. */
  revoke(envelope: Uint8Array): Promise<boolean> {
    return this.#inTurn(() => this.#revoke(envelope));
  }

  /** Voids what waits for signatures under an older household; the link calls it after every change. */
  householdChanged(): Promise<void> {
    return this.#inTurn(() => this.#sweep());
  }

  /** For a share that is carried by hand while its delivery is open; null for any other token. */
  clearanceOf(token: Uint8Array): Clearance | null {
    return this.#deliveries.clearanceOf(token);
  }

  shares(): ShareStatus[] {
    const { quorum } = this.#ports.household();
    const pending = this.#pending.consents.map(({ token, state, envelopes }): ShareStatus => {
      if (state === "waiting") {
        const missingSigners = Math.max(0, quorum - envelopes.length);
        return { token, state, missingSigners, undoRemainingMs: 0 };
      }
      return { token, state: "undo-window", missingSigners: 0, undoRemainingMs: this.#windows.remainingMs(token) };
    });
    const accepted = this.#ports.accepted.states().map(
      ({ token, state }): ShareStatus => ({
        token,
        state: state === "open" ? "delivering" : state,
        missingSigners: 0,
        undoRemainingMs: 0,
      }),
    );
    return [...pending, ...accepted.slice(-(MAX_LISTED - pending.length))];
  }

  async #submit(submission: ConsentSubmission, from: Uint8Array): Promise<SubmitOutcome> {
    const { log } = this.#ports;
    await this.#sweep();
    const decision = await decide(submission, {
      ...this.#ports,
      device: this.#config.device,
      household: this.#ports.household(),
      challenges: this.#challenges,
      pending: this.#pending,
    });
    if (decision.outcome === "refused") {
      log.warn("consent refused", { code: decision.reason, member: toHex(from.subarray(0, 4)) });
      return { outcome: "refused" };
    }
    const { consent, envelopes } = decision.checked;
    const before = this.#pending.find(consent.token);
    const state = decision.outcome;
    const { grant, card, facts, purpose } = before ?? submission;
    await this.#pending.put({ token: consent.token, envelopes, grant, card, facts, purpose, state });
    this.#challenges.useUp(consent.challenge);
    if (decision.outcome === "waiting") return { outcome: "waiting", missingSigners: decision.missingSigners };
    this.#beginUndoWindow(consent.token);
    return { outcome: "undo-window", undoMs: this.#undoMs };
  }

  async #revoke(envelope: Uint8Array): Promise<boolean> {
    const { crypto, log, ledger, audit, accepted, auditReaders, clock } = this.#ports;
    const reading = readRevocation(crypto, envelope, this.#config.device, this.#ports.household());
    if ("refused" in reading) {
      log.warn("revocation refused", { code: reading.refused });
      return false;
    }
    const { token, owner } = reading;
    if (accepted.has(token)) {
      ledger.transaction(() => {
        if (!accepted.end(token, "revoked")) return;
        const at = Math.floor(clock.nowMs() / 1000);
        audit.append({ kind: "revocation", at, token, member: owner }, auditReaders());
      });
      return true;
    }
    const pending = this.#pending.find(token);
    const until = pending === undefined ? this.#revocationEnd() : readStored(crypto, pending).consent.expires;
    this.#windows.end(token);
    await this.#pending.revoke({ token, until });
    return true;
  }

  /** No token of an unknown id can be valid beyond this. Rounded up to a day, so that it does not tell when it came. */
  #revocationEnd(): number {
    const { clock } = this.#ports;
    if (!clock.synced()) return 0;
    return Math.ceil((clock.nowMs() / 1000 + MAX_EXPIRY_AHEAD_SECONDS) / DAY_SECONDS) * DAY_SECONDS;
  }

  #beginUndoWindow(token: Uint8Array, lengthMs = this.#undoMs): void {
    this.#windows.begin(token, lengthMs, () => {
      this.#inBackground("consent opening", async () => {
        try {
          await this.#open(token);
        } catch (error) {
          this.#beginUndoWindow(token, RETRY_OPENING_MS);
          throw error;
        }
      });
    });
  }

  /** The end of the undo window: the one transaction after which bytes may leave. */
  async #open(token: Uint8Array): Promise<void> {
    await this.#sweep();
    const { crypto, ledger, audit, auditReaders, accepted, clock, log } = this.#ports;
    // A boot without a clock must not let go what has expired meanwhile.
    if (!clock.synced()) return this.#beginUndoWindow(token, RETRY_OPENING_MS);
    const pending = this.#pending.find(token);
    if (pending === undefined || this.#running === null) return;
    const signers = this.#signersWhileValid(pending);
    if (signers === null) {
      log.warn("consent dropped", { code: "no longer valid" });
    } else {
      const { consent, digest } = readStored(crypto, pending);
      const { clip, lanes, recipient, request, basis } = consent;
      const at = Math.floor(clock.nowMs() / 1000);
      ledger.transaction(() => {
        audit.append(
          {
            kind: "release",
            at,
            token,
            clip,
            lanes,
            recipient,
            request,
            consent: digest,
            basis,
            signers: signers.slice(0, MAX_SIGNERS_IN_AUDIT),
          },
          auditReaders(),
        );
        accepted.add(pending);
      });
      this.#deliver(pending);
    }
    await this.#pending.keepOnly(
      (other) => other !== pending,
      () => true,
    );
  }

  #signersWhileValid(pending: PendingConsent): readonly Uint8Array[] | null {
    const { crypto, vault, clock } = this.#ports;
    const { consent } = readStored(crypto, pending);
    if (hasExpired(consent, clock)) return null;
    if (vault.find(consent.clip) === null) return null;
    return ownersWhoSigned(crypto, pending.envelopes, this.#ports.household());
  }

  #deliver(stored: AcceptedConsent): void {
    if (this.#running !== null) this.#deliveries.begin(stored, this.#running.signal);
  }

  /** Takes out what can no longer become a share, so that it leaves nothing. */
  async #sweep(): Promise<void> {
    const { crypto, accepted, clock } = this.#ports;
    const household = this.#ports.household();
    const nowSeconds = clock.nowMs() / 1000;
    const upMs = clock.monotonicMs() - (this.#running?.startedAtMs ?? clock.monotonicMs());
    const hasOutlivedAll = upMs > MAX_EXPIRY_AHEAD_SECONDS * 1000;
    const isOver = (untilSeconds: number): boolean => (clock.synced() ? untilSeconds <= nowSeconds : hasOutlivedAll);
    for (const revocation of this.#pending.revocations) {
      if (revocation.until !== 0 || !clock.synced()) continue;
      await this.#pending.revoke({ ...revocation, until: this.#revocationEnd() });
    }
    await this.#pending.keepOnly(
      (pending) => {
        const { expires, household: signedUnder } = readStored(crypto, pending).consent;
        if (accepted.has(pending.token)) return false;
        return pending.state === "accepted" || (signedUnder === household.state && !isOver(expires));
      },
      ({ until }) => !isOver(until),
    );
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running === null)
      return Promise.reject(new ConsentError("consent/not-started", "consent desk not started"));
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  #inBackground(what: string, work: () => Promise<void>): void {
    if (this.#running === null) return;
    this.#inTurn(work).catch((error: unknown) => {
      this.#ports.log.error("consent desk failed", { what, cause: codeOf(error) });
    });
  }
}
