import { equalBytes, utf8 } from "../protocol/bytes.ts";
import type { Crypto } from "../protocol/crypto.ts";
import type { Signer } from "../protocol/envelope.ts";
import { type AddCheckpoint, parseAddCheckpoint, SIZE_CONTENT_TYPE } from "../protocol/tlog/add-checkpoint.ts";
import { addSignatures, type Checkpoint, parseCheckpointText } from "../protocol/tlog/checkpoint.ts";
import { LogError } from "../protocol/tlog/errors.ts";
import {
  checkNote,
  cosignNote,
  encodeNote,
  encodeSignatureLine,
  parseNote,
  parseVerifierKey,
  type SignedNote,
  type VerifierKey,
} from "../protocol/tlog/note.ts";
import { verifyConsistency } from "../protocol/tlog/proofs.ts";
import { WitnessError } from "./errors.ts";
import type { RememberedLog, WitnessMemory } from "./witness-memory.ts";

/** An HTTP answer, as c2sp.org/tlog-witness has them. */
export interface WitnessAnswer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422;
  readonly contentType: string;
  readonly body: string;
}

export interface WitnessPorts {
  readonly crypto: Crypto;
  readonly memory: Pick<WitnessMemory, "log" | "logs" | "replace" | "keepFork">;
  readonly nowSeconds: () => number;
  /** A log signed two roots for one size; both notes are kept in the memory. */
  readonly onFork?: (origin: string) => void;
}

interface Submission {
  readonly request: AddCheckpoint;
  readonly note: SignedNote;
  readonly checkpoint: Required<Checkpoint>;
}

const PLAIN = "text/plain; charset=utf-8";

const answer = (status: WitnessAnswer["status"], why: string): WitnessAnswer => ({
  status,
  contentType: PLAIN,
  body: `${why}\n`,
});

/** Cosigns checkpoints that continue what it cosigned before, and nothing else. */
export class Witness {
  readonly key: VerifierKey;
  readonly #signer: Signer;
  readonly #ports: WitnessPorts;

  constructor(identity: { readonly key: VerifierKey; readonly signer: Signer }, ports: WitnessPorts) {
    this.key = identity.key;
    this.#signer = identity.signer;
    this.#ports = ports;
  }

  /**
   * Checks in the order of c2sp.org/tlog-witness. What it answers with is on the disk before.
   * @param body - Every byte is the sender's.
   * @throws {@link WitnessError} `witness/damaged`, `witness/write-failed`: nothing was cosigned.
   */
  async addCheckpoint(body: Uint8Array): Promise<WitnessAnswer> {
    const submission = readSubmission(body);
    if (submission === null) return answer(400, "not a request of c2sp.org/tlog-witness");
    const { origin } = submission.checkpoint;
    const log = this.#ports.memory.log(origin);
    if (log === null) return answer(404, "this log is not followed here");
    if (!this.#isSignedByLog(log, submission.note))
      return answer(403, "no signature by a key of this log that verifies");
    const last = this.#lastCosigned(log);
    const refusal = this.#judge(log, submission, last);
    if (refusal !== null) return refusal;
    return this.#cosign(log, submission);
  }

  /** The last cosigned checkpoint of the log whose origin has this SHA-256, with the log's signature and our own. */
  checkpointByOriginHash(hash: Uint8Array): Uint8Array | null {
    const { crypto, memory } = this.#ports;
    return memory.logs().find(({ origin }) => equalBytes(crypto.sha256(utf8(origin)), hash))?.checkpoint ?? null;
  }

  #isSignedByLog({ keys }: RememberedLog, note: SignedNote): boolean {
    const { crypto } = this.#ports;
    const verdicts = keys.map((text) => checkNote(crypto, note, parseVerifierKey(crypto, text)).verdict);
    return verdicts.includes("true") && !verdicts.includes("false");
  }

  /** Believes its own memory only under its own cosignature: a changed file must not lead to a fork. */
  #lastCosigned({ origin, checkpoint: bytes }: RememberedLog): Pick<Checkpoint, "size" | "root"> {
    const { crypto } = this.#ports;
    if (bytes === null) return { size: 0, root: crypto.sha256() };
    try {
      const note = parseNote(bytes);
      const last = parseCheckpointText(note.text);
      if (last.origin === origin && checkNote(crypto, note, this.key).verdict === "true") return last;
    } catch (cause) {
      if (!(cause instanceof LogError)) throw cause;
    }
    throw new WitnessError("witness/damaged", `what is remembered of ${origin} is not what was cosigned`);
  }

  #judge(
    log: RememberedLog,
    { request: { oldSize, proof }, checkpoint: { size, root }, note }: Submission,
    last: Pick<Checkpoint, "size" | "root">,
  ): WitnessAnswer | null {
    const { crypto } = this.#ports;
    const isForked = log.checkpoint !== null && size === last.size && !equalBytes(root, last.root);
    if (isForked && log.fork === null) this.#keepFork(log, note);
    if (oldSize > size) return answer(400, "the old size is above the checkpoint's");
    if (oldSize !== last.size) return { status: 409, contentType: SIZE_CONTENT_TYPE, body: `${last.size}\n` };
    if (size === 0 && !equalBytes(root, crypto.sha256())) return answer(422, "an empty tree with another root");
    if (isForked) return answer(422, "another root for the size that was cosigned last");
    if (!verifyConsistency(crypto, oldSize, last.root, size, root, proof)) {
      return answer(422, "the consistency proof does not verify");
    }
    return null;
  }

  #keepFork({ origin, checkpoint }: RememberedLog, note: SignedNote): void {
    if (checkpoint === null) return;
    const { memory, onFork } = this.#ports;
    memory.keepFork(origin, checkpoint, encodeNote(note));
    onFork?.(origin);
  }

  /** Signs, then puts it on the disk in place of exactly what was judged, then answers. */
  async #cosign(log: RememberedLog, { note }: Submission): Promise<WitnessAnswer> {
    const { crypto, memory, nowSeconds } = this.#ports;
    const line = await cosignNote(note.text, this.key, this.#signer, nowSeconds());
    const logKeys = log.keys.map((text) => parseVerifierKey(crypto, text));
    const ofLog = note.signatures.filter(({ name, id }) => logKeys.some((key) => key.name === name && key.id === id));
    const checkpoint = addSignatures(encodeNote({ text: note.text, signatures: ofLog }), [line]);
    if (!memory.replace(log.origin, log.checkpoint, checkpoint)) {
      const { size } = this.#lastCosigned(memory.log(log.origin) ?? log);
      return { status: 409, contentType: SIZE_CONTENT_TYPE, body: `${size}\n` };
    }
    return { status: 200, contentType: PLAIN, body: encodeSignatureLine(line) };
  }
}

function readSubmission(body: Uint8Array): Submission | null {
  try {
    const request = parseAddCheckpoint(body);
    const note = parseNote(request.checkpoint);
    return { request, note, checkpoint: parseCheckpointText(note.text) };
  } catch (error) {
    if (error instanceof LogError) return null;
    throw error;
  }
}
