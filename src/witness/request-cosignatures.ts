import type { Crypto } from "../protocol/crypto.ts";
import { encodeAddCheckpoint, SIZE_CONTENT_TYPE } from "../protocol/tlog/add-checkpoint.ts";
import { addSignatures, parseCheckpointText, parseDecimal } from "../protocol/tlog/checkpoint.ts";
import { LogError } from "../protocol/tlog/errors.ts";
import {
  checkNote,
  type NoteSignature,
  parseNote,
  parseSignatureLines,
  type VerifierKey,
} from "../protocol/tlog/note.ts";
import { WitnessError } from "./errors.ts";

/** A witness as a log knows it. */
export interface KnownWitness {
  /** Submission prefix, without a slash at the end. */
  readonly url: string;
  readonly key: VerifierKey;
}

/** Gives the proof that the checkpoint's tree continues the one of an older size. */
export type ProofFrom = (oldSize: number) => Promise<readonly Uint8Array[]>;

export interface CosigningPorts {
  readonly crypto: Crypto;
  /** The sizes that witnesses cosigned last, by their URL; spares one question each. Kept up to date here. */
  readonly sizes?: Map<string, number>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface Cosigned {
  /** The checkpoint with all cosignatures that verify: publish this one if they are enough. */
  readonly checkpoint: Uint8Array;
  readonly cosigned: readonly string[];
  readonly failed: readonly { readonly url: string; readonly error: WitnessError }[];
}

const TIMEOUT_MS = 5_000;
/** One to learn the witness's size, one to use it, and one more should another submission have come between. */
const MAX_ATTEMPTS = 3;
const MAX_ANSWER_BYTES = 65_536;

/**
 * Asks all witnesses at once to cosign a checkpoint; one that fails does not hold up the others beyond its time.
 * @param checkpoint - Whole note, signed by the log; on the log's disk already.
 */
export async function requestCosignatures(
  ports: CosigningPorts,
  checkpoint: Uint8Array,
  proofFrom: ProofFrom,
  witnesses: readonly KnownWitness[],
): Promise<Cosigned> {
  const results = await Promise.all(
    witnesses.map(async (witness) => {
      try {
        return { witness, lines: await cosignatureOf(ports, checkpoint, proofFrom, witness), error: null };
      } catch (error) {
        return { witness, lines: [], error: asWitnessError(error, witness) };
      }
    }),
  );
  return {
    checkpoint: addSignatures(
      checkpoint,
      results.flatMap(({ lines }) => lines),
    ),
    cosigned: results.flatMap(({ witness, error }) => (error === null ? [witness.key.name] : [])),
    failed: results.flatMap(({ witness, error }) => (error === null ? [] : [{ url: witness.url, error }])),
  };
}

async function cosignatureOf(
  { crypto, sizes, timeoutMs = TIMEOUT_MS, signal }: CosigningPorts,
  checkpoint: Uint8Array,
  proofFrom: ProofFrom,
  { url, key }: KnownWitness,
): Promise<NoteSignature[]> {
  const note = parseNote(checkpoint);
  const { size } = parseCheckpointText(note.text);
  let oldSize = Math.min(sizes?.get(url) ?? 0, size);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const deadline = AbortSignal.timeout(timeoutMs);
    const response = await fetch(`${url}/add-checkpoint`, {
      method: "POST",
      body: encodeAddCheckpoint({ oldSize, proof: await proofFrom(oldSize), checkpoint }),
      signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
      redirect: "error",
    });
    const text = await textOf(response);
    if (response.status === 200) {
      const lines = parseSignatureLines(text).filter(({ name, id }) => name === key.name && id === key.id);
      if (checkNote(crypto, { text: note.text, signatures: lines }, key).verdict !== "true") {
        throw new WitnessError("witness/false-cosignature", `${url} did not answer with a cosignature of ${key.name}`);
      }
      sizes?.set(url, size);
      return lines;
    }
    const isSize =
      response.status === 409 && response.headers.get("content-type")?.startsWith(SIZE_CONTENT_TYPE) === true;
    if (!isSize) throw new WitnessError("witness/refused", `${url} answered ${response.status}: ${firstLine(text)}`);
    oldSize = parseDecimal(text.replace(/\n$/, ""));
    sizes?.set(url, oldSize);
    if (oldSize > size) {
      throw new WitnessError("witness/ahead", `${url} has cosigned ${oldSize} entries, the checkpoint has ${size}`);
    }
  }
  throw new WitnessError("witness/refused", `${url} named another size each time`);
}

const firstLine = (text: string): string => text.split("\n", 1).join("").slice(0, 200);

/** Reads no more than any witness has to say. */
async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new LogError("log/malformed", "an answer that is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function asWitnessError(error: unknown, { url }: KnownWitness): WitnessError {
  if (error instanceof WitnessError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new WitnessError("witness/away", `${url}: ${why}`, { cause: error });
}
