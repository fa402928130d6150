import { utf8 } from "../../../../src/protocol/bytes.ts";
import type { Crypto } from "../../../../src/protocol/crypto.ts";
import { type Signer, type StatementKind, seedSigner, signStatement } from "../../../../src/protocol/envelope.ts";
import { DEFAULT_PRESSING_WORDS } from "../../../../src/protocol/register/default-words.ts";
import { type EntryKind, encodeLeaf, readLeaf, readSubmission } from "../../../../src/protocol/register/leaf.ts";
import { RuleBook, type Verdict } from "../../../../src/protocol/register/rule-book.ts";
import { accreditationStatement } from "../../../../src/protocol/register/statements/accreditation.ts";
import { accreditationRevocationStatement } from "../../../../src/protocol/register/statements/accreditation-revocation.ts";
import { outcomeStatement, type RequestOutcome } from "../../../../src/protocol/register/statements/outcome.ts";
import { registerStatement } from "../../../../src/protocol/register/statements/register.ts";
import { embedCard, type Request, requestStatement } from "../../../../src/protocol/register/statements/request.ts";
import { type Limits, LOOSEST_LIMITS, rulesStatement } from "../../../../src/protocol/register/statements/rules.ts";
import { recipientCardStatement } from "../../../../src/protocol/statements/recipient-card.ts";

export const REGISTER = "register.example/requests";
/** A Monday, 12:00 UTC. */
export const NOON = 1_700_481_600;
export const AGENCY = "Town Police";

/** Statements of a small register: an operator, accredited officers, and whoever else a test names. */
export class SampleRegister {
  readonly crypto: Crypto;
  constructor(crypto: Crypto) {
    this.crypto = crypto;
  }

  signer(name: string): Signer {
    return seedSigner(this.crypto, this.crypto.sha256(utf8(`sample ${name}`)));
  }

  async sign<T>(kind: StatementKind<T>, payload: T, signer: string): Promise<Uint8Array> {
    return await signStatement(this.crypto, kind, payload, this.signer(signer));
  }

  register(by = "operator", operator = "operator", register = REGISTER): Promise<Uint8Array> {
    return this.sign(
      registerStatement,
      { register, operator: this.signer(operator).publicKey, about: "A register for tests" },
      by,
    );
  }

  rules(limits: Partial<Limits> = {}, words = DEFAULT_PRESSING_WORDS, by = "operator"): Promise<Uint8Array> {
    return this.sign(rulesStatement, { register: REGISTER, limits: { ...LOOSEST_LIMITS, ...limits }, words }, by);
  }

  accreditation(requester = "officer", agency = AGENCY, by = "operator"): Promise<Uint8Array> {
    const evidence = "Met at the station, identity card seen";
    const { publicKey } = this.signer(requester);
    const payload = { register: REGISTER, requester: publicKey, agency, voucher: "State police union", evidence };
    return this.sign(accreditationStatement, payload, by);
  }

  revocation(requester = "officer", by = "operator"): Promise<Uint8Array> {
    const payload = { register: REGISTER, requester: this.signer(requester).publicKey, reason: "Left the service" };
    return this.sign(accreditationRevocationStatement, payload, by);
  }

  card(by = "card", name = "Town Police evidence room"): Promise<Uint8Array> {
    const payload = {
      name,
      signKey: this.signer("card").publicKey,
      boxKey: this.crypto.boxKeyFromSecret(this.crypto.sha256(utf8("sample box"))).publicKey,
      inbox: { url: "mqtts://mail.example.org", ca: null, id: new Uint8Array(16).fill(3) },
    };
    return this.sign(recipientCardStatement, payload, by);
  }

  async requestPayload(changes: Partial<Request> = {}, requester = "officer"): Promise<Request> {
    return {
      register: REGISTER,
      requester: this.signer(requester).publicKey,
      agency: AGENCY,
      officer: "Sgt. Rivera",
      caseNumber: "2023-004711",
      offence: "burglary",
      basis: "voluntary",
      area: { latitude: 2_612_240, longitude: -8_013_730, radius: 300 },
      window: { start: NOON - 36_000, end: NOON - 28_800 },
      text: "A blue van was seen in this street. Pictures of it may help to find who broke in.",
      card: embedCard(await this.card()),
      expires: NOON + 7 * 86_400,
      extends: null,
      ...changes,
    };
  }

  async request(changes: Partial<Request> = {}, by = "officer", requester = by): Promise<Uint8Array> {
    return this.sign(requestStatement, await this.requestPayload(changes, requester), by);
  }

  outcome(changes: Partial<RequestOutcome> & Pick<RequestOutcome, "request">, by = "officer"): Promise<Uint8Array> {
    const requester = this.signer(by).publicKey;
    const day = Math.floor(NOON / 86_400);
    return this.sign(outcomeStatement, { register: REGISTER, requester, outcome: "kept-until", day, ...changes }, by);
  }

  digestOf(kind: EntryKind, envelope: Uint8Array): Uint8Array {
    return readSubmission(this.crypto, kind, envelope).statement.digest;
  }

  /** A rule book after leaf 0, the rules and the accreditation of `officer`. */
  async book(limits: Partial<Limits> = {}, words = DEFAULT_PRESSING_WORDS): Promise<SampleBook> {
    const book = new SampleBook(this.crypto);
    book.take("register", NOON - 1_000, await this.register());
    book.take("rules", NOON - 1_000, await this.rules(limits, words));
    book.take("accreditation", NOON - 1_000, await this.accreditation());
    return book;
  }
}

/** A rule book that a test feeds with statements; `try` judges as a register does, `take` insists. */
export class SampleBook {
  readonly book: RuleBook;
  readonly leaves: Uint8Array[] = [];
  readonly #crypto: Crypto;
  constructor(crypto: Crypto) {
    this.#crypto = crypto;
    this.book = new RuleBook(crypto, REGISTER);
  }

  /** "accepted", or the code of the refusal; what is accepted becomes a leaf. */
  try(kind: EntryKind, at: number, envelope: Uint8Array): string {
    const bytes = encodeLeaf(kind, at, envelope);
    const { entry } = readLeaf(this.#crypto, bytes);
    const judged = this.book.judge(entry, at);
    const verdict = judged.verdict === "accepted" ? this.book.checkSignatures(entry) : judged;
    if (verdict.verdict === "accepted") {
      this.book.apply(entry, at);
      this.leaves.push(bytes);
    }
    return wordOf(verdict);
  }

  /** As a phone does that looks at this signature, or does not. */
  follow(kind: EntryKind, at: number, envelope: Uint8Array, looks: boolean): string {
    return wordOf(this.book.follow(readLeaf(this.#crypto, encodeLeaf(kind, at, envelope)), () => looks));
  }

  take(kind: EntryKind, at: number, envelope: Uint8Array): void {
    const word = this.try(kind, at, envelope);
    if (word !== "accepted") throw new Error(`${kind} refused: ${word}`);
  }
}

export const wordOf = (verdict: Verdict): string => (verdict.verdict === "accepted" ? "accepted" : verdict.code);
