/** The register: judges what is submitted, puts it into the log, and only then says so. */

import { join } from "node:path";
import type { Clock } from "../device/platform/clock.ts";
import type { Log } from "../device/platform/logger.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { signStatement } from "../protocol/envelope.ts";
import { ProtocolError, type ProtocolErrorCode } from "../protocol/errors.ts";
import { DEFAULT_PRESSING_WORDS } from "../protocol/register/default-words.ts";
import type { RequestErrorCode } from "../protocol/register/errors.ts";
import { type Entry, type EntryKind, encodeLeaf, readLeaf, readSubmission } from "../protocol/register/leaf.ts";
import { RuleBook } from "../protocol/register/rule-book.ts";
import { registerStatement } from "../protocol/register/statements/register.ts";
import { LOOSEST_LIMITS, rulesStatement } from "../protocol/register/statements/rules.ts";
import { encodeVerifierKey } from "../protocol/tlog/note.ts";
import { Cosigning } from "./cosigning.ts";
import { RegisterError } from "./errors.ts";
import { LogWriter } from "./log-writer.ts";
import { becomeTheWriter } from "./one-writer.ts";
import type { RegisterFolder, RegisterIdentity } from "./register-folder.ts";

const LOCK_FILE = "writer.lock";
/** Statements that wait for one write to the disk. */
const MAX_BATCH = 256;
export const MAX_WAITING = 1_024;
/** How long a superseded partial tile stays for those who fetched an older checkpoint. */
const PARTIALS_STAY_MS = 600_000;

export type Answer =
  | { readonly outcome: "accepted"; readonly index: number; readonly at: number; readonly digest: Uint8Array }
  | {
      readonly outcome: "refused";
      readonly code: RequestErrorCode | ProtocolErrorCode;
      readonly message: string;
      /** Only after its signatures had been checked: dear. */
      readonly forged: boolean;
    };

export interface RegisterPorts {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly log: Log;
}

interface Waiting {
  readonly leaf: Uint8Array;
  resolve(index: number): void;
  reject(error: unknown): void;
}

export class Register {
  readonly #ports: RegisterPorts;
  readonly #identity: RegisterIdentity;
  readonly #folder: RegisterFolder;
  readonly #letGo: () => void;
  readonly #cosigning: Cosigning;
  #writer: LogWriter;
  #book: RuleBook;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | null = null;
  #stopped = false;
  #stopTidying = (): void => {};

  private constructor(
    ports: RegisterPorts,
    identity: RegisterIdentity,
    folder: RegisterFolder,
    parts: { readonly letGo: () => void; readonly writer: LogWriter; readonly book: RuleBook },
  ) {
    this.#ports = ports;
    this.#identity = identity;
    this.#folder = folder;
    this.#letGo = parts.letGo;
    this.#writer = parts.writer;
    this.#book = parts.book;
    this.#cosigning = new Cosigning(ports, identity, () => this.#writer);
  }

  /**
   * Takes the folder for itself, replays the log, and begins an empty one with the register's own statement and rules.
   * @throws {@link RegisterError} `register/in-use`, `register/damaged`, `register/not-initialised`, `register/no-operator-key`.
   */
  static async open(ports: RegisterPorts, folder: RegisterFolder): Promise<Register> {
    const identity = await folder.identity();
    const letGo = becomeTheWriter(join(folder.dir, LOCK_FILE));
    try {
      const writer = await LogWriter.open(ports.crypto, identity, folder.dir, folder.publicDir);
      const book = await replay(ports.crypto, identity, writer);
      const register = new Register(ports, identity, folder, { letGo, writer, book });
      if (writer.size < 2) await register.#begin();
      await register.#publish();
      await writer.folder.removePartials(register.#sizesShown());
      register.#stopTidying = ports.clock.every(PARTIALS_STAY_MS, () => register.#tidy());
      return register;
    } catch (error) {
      letGo();
      throw error;
    }
  }

  get name(): string {
    return this.#identity.settings.name;
  }

  /** What followers configure. */
  get verifierKey(): string {
    return encodeVerifierKey(this.#identity.logKey);
  }

  get size(): number {
    return this.#writer.size;
  }

  get publicDir(): string {
    return this.#folder.publicDir;
  }

  /**
   * Judges a statement and settles once it is in the log for good, or refused.
   * @throws {@link RegisterError} `register/busy`, `register/stopping`, `register/write-failed`: nothing was accepted.
   */
  async submit(kind: EntryKind, envelope: Uint8Array): Promise<Answer> {
    if (this.#stopped) throw new RegisterError("register/stopping", "the register is being stopped");
    if (this.#waiting.length >= MAX_WAITING) throw new RegisterError("register/busy", "too many statements wait");
    let entry: Entry;
    try {
      entry = readSubmission(this.#ports.crypto, kind, envelope);
    } catch (error) {
      if (error instanceof ProtocolError) {
        return { outcome: "refused", code: error.code, message: error.message, forged: false };
      }
      throw error;
    }
    const at = Math.max(this.#book.lastAt, Math.floor(this.#ports.clock.nowMs() / 1000));
    const judged = this.#book.judge(entry, at);
    const passed = judged.verdict === "accepted";
    const verdict = passed ? this.#book.checkSignatures(entry) : judged;
    if (verdict.verdict === "refused") {
      return { outcome: "refused", code: verdict.code, message: verdict.message, forged: passed };
    }
    const leaf = encodeLeaf(kind, at, envelope);
    // From judging to the queue nothing may wait: leaves stand in the log in the order in which they were judged.
    this.#book.apply(entry, at);
    const index = await this.#write(leaf);
    this.#ports.log.info("statement accepted", { kind, index });
    return { outcome: "accepted", index, at, digest: entry.statement.digest };
  }

  /** Settles once nothing waits any more. Never throws; may be called twice. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#stopTidying();
    await this.#writing;
    await this.#cosigning.stop();
    this.#letGo();
  }

  async #begin(): Promise<void> {
    const { crypto } = this.#ports;
    const operator = await this.#folder.operator();
    const { name: register, about } = this.#identity.settings;
    const statements: [EntryKind, Uint8Array][] = [
      [
        "register",
        await signStatement(crypto, registerStatement, { register, operator: operator.publicKey, about }, operator),
      ],
      [
        "rules",
        await signStatement(
          crypto,
          rulesStatement,
          { register, limits: LOOSEST_LIMITS, words: DEFAULT_PRESSING_WORDS },
          operator,
        ),
      ],
    ];
    for (const [kind, envelope] of statements.slice(this.size)) {
      const answer = await this.submit(kind, envelope);
      if (answer.outcome === "refused")
        throw new RegisterError("register/damaged", `${answer.code}: ${answer.message}`);
    }
  }

  #write(leaf: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ leaf, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  /** Group commit: what comes while the disk is busy waits for the next write together. */
  async #writeAll(): Promise<void> {
    await Promise.resolve(); // the submission that woke it is done with its turn
    try {
      while (this.#waiting.length > 0) await this.#writeBatch(this.#waiting.splice(0, MAX_BATCH));
    } finally {
      this.#writing = null;
    }
  }

  async #writeBatch(batch: readonly Waiting[]): Promise<void> {
    const first = this.#writer.size;
    try {
      await this.#writer.append(batch.map(({ leaf }) => leaf));
    } catch (error) {
      this.#ports.log.error("write failed", { error: String(error) });
      await this.#forget([...batch, ...this.#waiting.splice(0)], error);
      return;
    }
    try {
      await this.#publish();
    } catch (error) {
      // What is accepted stays accepted; the checkpoint is shown with the next one.
      this.#ports.log.error("publishing failed", { error: String(error) });
    }
    for (const [i, { resolve }] of batch.entries()) resolve(first + i);
  }

  /** After a failed write the rule book knows leaves that the log does not have: it is read anew. */
  async #forget(batch: readonly Waiting[], cause: unknown): Promise<void> {
    try {
      this.#writer = await LogWriter.open(this.#ports.crypto, this.#identity, this.#folder.dir, this.#folder.publicDir);
      this.#book = await replay(this.#ports.crypto, this.#identity, this.#writer);
    } catch (error) {
      this.#ports.log.error("register stopped", { error: String(error) });
      this.#stopped = true;
    }
    for (const { reject } of [...batch, ...this.#waiting.splice(0)]) {
      reject(new RegisterError("register/write-failed", "the disk refused the write", { cause }));
    }
  }

  /** At once where no witness has to be asked, else as soon as enough of them have cosigned. */
  async #publish(): Promise<void> {
    const { signed, published } = this.#writer;
    if (this.#identity.witnesses.length > 0) this.#cosigning.wake();
    else if (signed !== null && signed !== published) await this.#writer.publish(signed);
  }

  #sizesShown(): number[] {
    return [this.#writer.size, this.#cosigning.publishedSize()];
  }

  #tidy(): void {
    this.#writer.folder.removePartials(this.#sizesShown()).catch((error: unknown) => {
      this.#ports.log.warn("old partial tiles stay", { error: String(error) });
    });
  }
}

async function replay(crypto: Crypto, { settings }: RegisterIdentity, writer: LogWriter): Promise<RuleBook> {
  const book = new RuleBook(crypto, settings.name);
  let index = 0;
  for await (const bytes of writer.entries()) {
    // What the register once accepted it does not judge again: rules of a newer version would not be those of then.
    const { at, entry } = readLeaf(crypto, bytes);
    book.apply(entry, at);
    index += 1;
  }
  if (index !== writer.size) throw new RegisterError("register/damaged", `${index} of ${writer.size} entries`);
  return book;
}
