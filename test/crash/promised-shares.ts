import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Options } from "../../src/cli/options.ts";
import { RecipientHome } from "../../src/cli/recipient-home.ts";
import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import { toHex } from "../../src/protocol/bytes.ts";
import { readStatement } from "../../src/protocol/envelope.ts";
import { parseShare } from "../../src/protocol/share.ts";
import { releaseStatement } from "../../src/protocol/statements/release.ts";
import { verifyShare } from "../../src/recipient/verify-share.ts";
import type { ReleaseBook } from "./releases.ts";

interface Consented {
  /** Of the consent's payload: what the share's release names. */
  readonly digest: string;
  /** The device said so, or had it on disk when it was killed. */
  wasAccepted: boolean;
  /** The owner has sent an undo; whether it came in time is open until it is known. */
  undoSent: boolean;
  /** The device confirmed the undo before the undo window can have ended. */
  wasUndone: boolean;
}

export interface ShareFaults {
  readonly doubleReleases: readonly string[];
  /** Shares that arrived though they were undone, or without any consent, or damaged. */
  readonly wrong: readonly string[];
  /** Consented shares that have not arrived. */
  readonly missing: readonly string[];
  readonly consented: number;
  readonly arrived: number;
  readonly undone: number;
}

/** What the owner signed, compared with what the device wrote down and what the recipient holds. */
export class PromisedShares {
  readonly #consents = new Map<string, Consented>();
  /** Rows from before the first day keys came: sealed to nobody. */
  readonly #unreadableFromStart: number;

  constructor(before: ReleaseBook) {
    this.#unreadableFromStart = before.unreadable;
  }

  signed(token: string, digest: string): void {
    this.#consents.set(token, { digest, wasAccepted: false, undoSent: false, wasUndone: false });
  }

  accepted(token: string): void {
    const consent = this.#consents.get(token);
    if (consent !== undefined) consent.wasAccepted = true;
  }

  undoSent(token: string): void {
    const consent = this.#consents.get(token);
    if (consent !== undefined) consent.undoSent = true;
  }

  undone(token: string): void {
    const consent = this.#consents.get(token);
    if (consent !== undefined) consent.wasUndone = true;
  }

  /** What a killed device had on disk counts as accepted, whether or not its answer got out. */
  noteOnDisk({ pending, released }: ReleaseBook): void {
    for (const token of [...pending, ...released]) this.accepted(token);
  }

  /** Faults that show at any time. */
  judgeBook({ released, outbox, unreadable }: ReleaseBook): string[] {
    const faults = [...repeated(released), ...repeated(outbox.map(({ token }) => token))].map(
      (token) => `token ${token} was released twice`,
    );
    for (const token of released) {
      const consent = this.#consents.get(token);
      if (consent === undefined) faults.push(`token ${token} was released without a consent`);
      else if (consent.wasUndone) faults.push(`token ${token} was released though it was undone`);
    }
    for (const { token } of outbox) {
      if (!released.includes(token)) faults.push(`token ${token} is in the outbox without an audit row`);
    }
    if (unreadable > this.#unreadableFromStart) faults.push(`${unreadable} audit rows cannot be read by the owner`);
    return faults;
  }

  /** Faults once everything has had the time to arrive. */
  async judgeArrivals(recipientDir: string, book: ReleaseBook): Promise<ShareFaults> {
    const arrived = await arrivedShares(recipientDir);
    const digests = arrived.flatMap(({ consent }) => (consent === null ? [] : [consent]));
    const wrong = arrived.flatMap(({ file, verdict }) => (verdict === "ok" ? [] : [`${file}: ${verdict}`]));
    const known = new Map([...this.#consents].map(([token, { digest }]) => [digest, token]));
    for (const digest of digests) {
      const token = known.get(digest);
      if (token === undefined) wrong.push(`a share without a consent arrived: ${digest}`);
      else if (this.#consents.get(token)?.wasUndone === true) wrong.push(`token ${token} arrived though it was undone`);
    }
    const expected = [...this.#consents].filter(([, { wasAccepted, undoSent }]) => wasAccepted && !undoSent);
    return {
      doubleReleases: [
        ...this.judgeBook(book),
        ...repeated(digests).map((digest) => `consent ${digest} arrived twice`),
      ],
      wrong,
      missing: expected.flatMap(([token, { digest }]) => (digests.includes(digest) ? [] : [token])),
      consented: expected.length,
      arrived: expected.filter(([, { digest }]) => digests.includes(digest)).length,
      undone: [...this.#consents.values()].filter(({ wasUndone }) => wasUndone).length,
    };
  }
}

interface Arrived {
  readonly file: string;
  readonly verdict: string;
  /** Digest in the share's release; null when it has none that can be read. */
  readonly consent: string | null;
}

/** Whole shares in a recipient's home, each verified with the recipient's own keys and card. */
export async function arrivedShares(recipientDir: string): Promise<Arrived[]> {
  const home = new RecipientHome({ options: new Options({ home: recipientDir }), environment: {} });
  const [secrets, { envelope: card }] = [await home.secrets(), await home.card()];
  return readdirSync(join(recipientDir, "shares")).map((name) => {
    const bytes = new Uint8Array(readFileSync(join(recipientDir, "shares", name)));
    const { verdict, text } = verifyShare(crypto, bytes, secrets, { card });
    if (verdict !== "ok") return { file: name, verdict: text, consent: null };
    const { payload } = readStatement(crypto, releaseStatement, parseShare(bytes).release);
    return { file: name, verdict, consent: toHex(payload.consent) };
  });
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
}
