/**
 * The rules of a register, replayed from its log. Register, phone and auditor judge with this same code, so what one
 * refuses the others do not show. What a leaf does to the state follows from its form and the rules alone, never from
 * a requester's signature, so that a phone may leave the signatures of requests far from home unchecked and still
 * counts as everybody does.
 */

import type { Json } from "../canonical-json.ts";
import type { Crypto } from "../crypto.ts";
import {
  encodeEnvelope,
  openStatement,
  readEmbeddedStatement,
  type UnverifiedStatement,
  verifyStatement,
} from "../envelope.ts";
import { ProtocolError } from "../errors.ts";
import { type RecipientCard, recipientCardStatement } from "../statements/recipient-card.ts";
import type { RequestErrorCode } from "./errors.ts";
import { KnownRequests } from "./known-requests.ts";
import type { Entry, EntryOf, Leaf } from "./leaf.ts";
import { bytesOfMapKey, mapKey } from "./map-key.ts";
import { OpenRequests } from "./open-requests.ts";
import { isPlainText } from "./plain-text.ts";
import { PressingWords } from "./pressing-words.ts";
import { RecentRequests } from "./recent-requests.ts";
import { snapshotShape } from "./snapshot.ts";
import { type Accreditation, accreditationStatement } from "./statements/accreditation.ts";
import type { Request } from "./statements/request.ts";
import type { Rules } from "./statements/rules.ts";

export type Verdict =
  | { readonly verdict: "accepted" }
  /** `message` is for the one who asked: what is wrong and, where it can be said, by how much. */
  | { readonly verdict: "refused"; readonly code: RequestErrorCode; readonly message: string };

export const DAY_SECONDS = 86_400;
const QUARTER_SECONDS = 900;

const ACCEPTED: Verdict = { verdict: "accepted" };
const refused = (code: RequestErrorCode, message: string): Verdict => ({ verdict: "refused", code, message });

/** What is known of one requester key. */
interface Requester {
  /** Stands for the key in the memory of old requests. */
  readonly number: number;
  agency: string;
  revoked: boolean;
  /** The accreditation's envelope, kept until it was verified, or found forged, under the operator's key of its time. */
  vouching: { readonly envelope: Uint8Array; readonly operator: Uint8Array } | "good" | "forged";
  day: number;
  requestsThatDay: number;
}

export class RuleBook {
  readonly #crypto: Crypto;
  readonly #register: string;
  readonly #requesters = new Map<string, Requester>();
  #recent = new RecentRequests();
  #open = new OpenRequests();
  #known = new KnownRequests();
  #operator: Uint8Array | null = null;
  #rules: Rules | null = null;
  #words = new PressingWords([]);
  #lastAt = 0;

  /** @param register - Origin of the log, as its checkpoints have it. */
  constructor(crypto: Crypto, register: string) {
    this.#crypto = crypto;
    this.#register = register;
  }

  /** Everything that {@link restore} needs to go on after the last leaf taken. Says nothing that the log does not say. */
  snapshot(): Json {
    return snapshotShape.write({
      version: 1,
      register: this.#register,
      lastAt: this.#lastAt,
      operator: this.#operator,
      rules: this.#rules,
      requesters: [...this.#requesters].map(([name, { agency, revoked, vouching, day, requestsThatDay }]) => ({
        key: bytesOfMapKey(name),
        agency,
        revoked,
        vouched: typeof vouching === "object" ? "unread" : vouching,
        statement: typeof vouching === "object" ? vouching.envelope : null,
        operator: typeof vouching === "object" ? vouching.operator : null,
        day,
        requestsThatDay,
      })),
      recent: this.#recent.list(this.#lastAt - DAY_SECONDS),
      open: this.#open.list(this.#lastAt),
      known: this.#known.list(),
    });
  }

  /** @throws {@link ProtocolError} `json/shape` for what {@link snapshot} did not write. */
  static restore(crypto: Crypto, json: Json): RuleBook {
    const saved = snapshotShape.read(json);
    const book = new RuleBook(crypto, saved.register);
    book.#lastAt = saved.lastAt;
    book.#operator = saved.operator;
    book.#rules = saved.rules;
    book.#words = new PressingWords(saved.rules?.words ?? []);
    for (const { key, agency, revoked, vouched, statement, operator, day, requestsThatDay } of saved.requesters) {
      const vouching =
        statement === null || operator === null || vouched !== "unread"
          ? ("forged" as const)
          : { envelope: statement, operator };
      const number = book.#requesters.size;
      const requester = {
        number,
        agency,
        revoked,
        day,
        requestsThatDay,
        vouching: vouched === "good" ? vouched : vouching,
      };
      book.#requesters.set(mapKey(key), requester);
    }
    book.#recent = RecentRequests.of(saved.recent);
    book.#open = OpenRequests.of(saved.open);
    book.#known = KnownRequests.of(saved.known);
    return book;
  }

  get register(): string {
    return this.#register;
  }

  /** Unix seconds of the last leaf. */
  get lastAt(): number {
    return this.#lastAt;
  }

  /** The key that signs for the register, from leaf 0 on. */
  get operator(): Uint8Array | null {
    return this.#operator;
  }

  get rules(): Rules | null {
    return this.#rules;
  }

  /** The agency that somebody vouched for, null for a stranger and after a revocation. */
  agencyOf(requester: Uint8Array): string | null {
    const known = this.#requesters.get(mapKey(requester));
    return known === undefined || known.revoked ? null : known.agency;
  }

  /** How many requests this key has made on the UTC day of `at`. */
  requestsOn(requester: Uint8Array, at: number): number {
    const known = this.#requesters.get(mapKey(requester));
    return known?.day === dayOf(at) ? known.requestsThatDay : 0;
  }

  /** Whether a statement may become the next leaf at this time, signatures left aside. Changes nothing. */
  judge(entry: Entry, at: number): Verdict {
    if (at < this.#lastAt) return refused("register-leaf/back-dated", `${this.#lastAt - at} s before an earlier leaf`);
    if (entry.statement.payload.register !== this.#register) {
      return refused("request/other-register", `made for ${entry.statement.payload.register}`);
    }
    if (this.#operator === null && entry.kind !== "register") {
      return refused("register-leaf/first", "the log does not begin with the register's statement");
    }
    switch (entry.kind) {
      case "register":
      case "rules":
      case "accreditation":
        return ACCEPTED;
      case "accreditation-revocation":
        return this.#requesters.has(mapKey(entry.statement.payload.requester))
          ? ACCEPTED
          : refused("register-leaf/unknown-requester", "nobody has vouched for this requester");
      case "request":
        return this.#judgeRequest(entry, at);
      case "outcome":
        return this.#judgeOutcome(entry, at);
    }
  }

  /**
   * Whether the signatures of a statement hold in the present state: its signer's, and for a request those of its card
   * and of the accreditation that lets it ask. Dear: some Ed25519 checks.
   */
  checkSignatures(entry: Entry): Verdict {
    const { kind, statement } = entry;
    if (kind === "request") {
      if (!this.#isVouchedFor(statement.payload.requester)) {
        return refused("request/unaccredited", "the accreditation is not signed by the register's operator");
      }
      if (!this.#isSigned(statement, statement.payload.requester)) return badSignature;
      const card = openCard(this.#crypto, statement.payload.card);
      if (card === null) {
        return refused("request/card", "what stands as the recipient's card is none, or not signed by its own key");
      }
      return this.#press("card's name", card.name) ?? ACCEPTED;
    }
    if (kind === "outcome") {
      return this.#isSigned(statement, statement.payload.requester) ? ACCEPTED : badSignature;
    }
    const operator = this.#operator ?? (kind === "register" ? statement.payload.operator : null);
    return operator !== null && this.#isSigned(statement, operator)
      ? ACCEPTED
      : refused("register-leaf/operator", "not signed by the register's operator");
  }

  /** Takes a statement that was judged as the leaf of this time. */
  apply(entry: Entry, at: number): void {
    this.#lastAt = at;
    switch (entry.kind) {
      case "register":
        this.#operator = entry.statement.payload.operator;
        break;
      case "rules":
        this.#rules = entry.statement.payload;
        this.#words = new PressingWords(this.#rules.words);
        break;
      case "accreditation":
        this.#accredit(entry.statement);
        break;
      case "accreditation-revocation": {
        const requester = this.#requesters.get(mapKey(entry.statement.payload.requester));
        if (requester !== undefined) requester.revoked = true;
        break;
      }
      case "request":
        this.#count(entry, at);
        break;
      case "outcome":
        this.#known.addOutcome(entry.statement.payload);
        break;
    }
  }

  /**
   * Judges the next leaf of a log and goes on from it.
   * @param wantsSignatures - Whether the signatures of this request, outcome, accreditation or revocation are of
   * interest; those of rules and of the register itself are always checked, because they decide what is accepted.
   */
  follow({ at, entry }: Leaf, wantsSignatures: (entry: Entry) => boolean): Verdict {
    const verdict = this.judge(entry, at);
    if (verdict.verdict === "refused") return verdict;
    const decides = entry.kind === "register" || entry.kind === "rules";
    const signed = decides || wantsSignatures(entry) ? this.checkSignatures(entry) : ACCEPTED;
    if (signed.verdict === "accepted" || !decides) this.apply(entry, at);
    return signed;
  }

  #judgeRequest({ statement }: EntryOf<"request">, at: number): Verdict {
    const { payload: request, digest } = statement;
    if (this.#rules === null) return refused("request/no-rules", "no rules are published yet");
    const requester = this.#requesters.get(mapKey(request.requester));
    if (requester === undefined) return refused("request/unaccredited", "nobody has vouched for this key");
    if (requester.revoked) return refused("request/revoked", "the accreditation was revoked");
    if (requester.agency !== request.agency) {
      return refused("request/agency", `accredited for ${JSON.stringify(requester.agency)}`);
    }
    return (
      this.#judgePlaceAndTime(request, at, this.#rules) ??
      this.#judgeText(request.text, this.#rules) ??
      this.#judgeWords(request) ??
      this.#judgeHistory(request, digest, requester, at, this.#rules) ??
      ACCEPTED
    );
  }

  #judgePlaceAndTime({ area, window, expires }: Request, at: number, { limits }: Rules): Verdict | null {
    if (area.radius < limits.radiusMin || area.radius > limits.radiusMax) {
      return refused("request/radius", `${area.radius} m, not ${limits.radiusMin} to ${limits.radiusMax} m`);
    }
    if (window.start % QUARTER_SECONDS !== 0 || window.end % QUARTER_SECONDS !== 0) {
      return refused("request/window-quarter", "the window does not begin and end on a quarter of an hour");
    }
    const seconds = window.end - window.start;
    if (seconds < limits.windowMin || seconds > limits.windowMax) {
      const [least, most] = [limits.windowMin / 60, limits.windowMax / 60];
      return refused("request/window-length", `${seconds / 60} minutes, not ${least} to ${most}`);
    }
    if (window.end > at) return refused("request/window-future", "the window has not passed yet");
    if (expires <= at) return refused("request/expired", "the request has expired");
    if (expires - at > limits.expiryMax) {
      return refused("request/expiry", `runs for more than ${limits.expiryMax / 3_600} hours`);
    }
    return null;
  }

  #judgeText(text: string, { limits }: Rules): Verdict | null {
    if (!isPlainText(text)) return refused("request/text-form", "the text has hidden characters or is not composed");
    // A character takes one or two UTF-16 units: most texts need no counting.
    if (text.length > 0 && text.length <= limits.textMax) return null;
    const length = Array.from(text).length;
    if (length === 0 || length > limits.textMax) {
      return refused("request/text-length", `${length} characters, not 1 to ${limits.textMax}`);
    }
    return null;
  }

  /** In all that the requester writes and an owner reads. The agency's name is the operator's to vouch for. */
  #judgeWords({ text, officer, caseNumber }: Request): Verdict | null {
    return (
      this.#press("text", text) ?? this.#press("officer's name", officer) ?? this.#press("case number", caseNumber)
    );
  }

  #press(what: string, said: string): Verdict | null {
    const word = this.#words.findIn(said);
    return word === null ? null : refused("request/pressing-words", `the ${what} says ${JSON.stringify(word)}`);
  }

  #judgeHistory(
    request: Request,
    digest: Uint8Array,
    requester: Requester,
    at: number,
    { limits }: Rules,
  ): Verdict | null {
    if (this.#open.find(digest, at) !== null) return refused("request/replayed", "in the log already");
    if (request.extends !== null && !this.#extendsOwn(requester, request, request.extends, at)) {
      return refused("request/extends", "no own request that is still open has this agency, case, area and window");
    }
    if (requester.day === dayOf(at) && requester.requestsThatDay >= limits.requestsPerDay) {
      return refused("request/daily-limit", `${requester.requestsThatDay} requests today (UTC) already`);
    }
    if (request.extends === null && this.#recent.overlaps(request, at - DAY_SECONDS)) {
      return refused("request/overlap", "this area and window were asked for within 24 hours");
    }
    return null;
  }

  #extendsOwn(requester: Requester, request: Request, earlier: Uint8Array, at: number): boolean {
    const found = this.#open.find(earlier, at);
    return found !== null && found.subject === subjectOf(requester, request) && request.expires > found.expires;
  }

  #judgeOutcome({ statement: { payload } }: EntryOf<"outcome">, at: number): Verdict {
    const requester = this.#requesters.get(mapKey(payload.requester));
    const known = requester === undefined ? null : this.#known.outcomesOf(payload.request, requester.number);
    if (known === null) return refused("request/no-such-request", "no own request of this digest is in the log");
    if (known === "closed") return refused("request/outcome-closed", "no further outcome is taken for this request");
    const today = dayOf(at);
    if (payload.outcome === "deleted-on" ? payload.day > today : payload.day < today) {
      return refused("request/outcome-day", `day ${payload.day}, and today is ${today}`);
    }
    return ACCEPTED;
  }

  #accredit(statement: UnverifiedStatement<Accreditation>): void {
    if (this.#operator === null) return;
    const { requester: key, agency } = statement.payload;
    const name = mapKey(key);
    const vouching = { envelope: envelopeOf(statement), operator: this.#operator };
    const known = this.#requesters.get(name);
    if (known === undefined) {
      const number = this.#requesters.size;
      this.#requesters.set(name, { number, agency, revoked: false, vouching, day: 0, requestsThatDay: 0 });
    } else {
      Object.assign(known, { agency, revoked: false, vouching });
    }
  }

  #count({ statement: { payload: request, digest } }: EntryOf<"request">, at: number): void {
    const requester = this.#requesters.get(mapKey(request.requester));
    if (requester === undefined) return;
    if (requester.day !== dayOf(at)) {
      requester.day = dayOf(at);
      requester.requestsThatDay = 0;
    }
    requester.requestsThatDay += 1;
    this.#recent.add(request, at, at - DAY_SECONDS);
    this.#open.add(digest, subjectOf(requester, request), request.expires, at);
    this.#known.add(digest, requester.number);
  }

  #isVouchedFor(requester: Uint8Array): boolean {
    const known = this.#requesters.get(mapKey(requester));
    if (known === undefined) return false;
    if (typeof known.vouching === "object") {
      const { envelope, operator } = known.vouching;
      known.vouching = isSignedBy(this.#crypto, envelope, operator) ? "good" : "forged";
    }
    return known.vouching === "good";
  }

  #isSigned(statement: UnverifiedStatement<unknown>, publicKey: Uint8Array): boolean {
    return unlessProtocolError(() => verifyStatement(this.#crypto, statement, publicKey)) !== null;
  }
}

const envelopeOf = ({ payloadBytes, keyid, signature }: UnverifiedStatement<Accreditation>): Uint8Array =>
  encodeEnvelope(accreditationStatement, payloadBytes, keyid, signature);

const badSignature = refused("request/signature", "not signed by the requester's key");

const dayOf = (at: number): number => Math.floor(at / DAY_SECONDS);

/** What an extension has to repeat, as one text; no part has a line break. */
function subjectOf(requester: Requester, { agency, caseNumber, area, window }: Request): string {
  const { latitude, longitude, radius } = area;
  return [requester.number, latitude, longitude, radius, window.start, window.end, agency, caseNumber].join("\n");
}

function isSignedBy(crypto: Crypto, accreditation: Uint8Array, operator: Uint8Array): boolean {
  return unlessProtocolError(() => openStatement(crypto, accreditationStatement, accreditation, operator)) !== null;
}

/** Null for what is no card, or not signed by its own key. */
function openCard(crypto: Crypto, envelope: Json): RecipientCard | null {
  return unlessProtocolError(() => {
    const card = readEmbeddedStatement(crypto, recipientCardStatement, envelope);
    return verifyStatement(crypto, card, card.payload.signKey).payload;
  });
}

function unlessProtocolError<T>(run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}
