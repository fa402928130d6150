import { equalBytes, toBase64 } from "../protocol/bytes.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { type FollowedRegister, followRegister, type RegisterMemory } from "../protocol/register/follow-register.ts";
import { type Entry, readLeaf } from "../protocol/register/leaf.ts";
import type { RequestOutcome } from "../protocol/register/statements/outcome.ts";
import type { Request } from "../protocol/register/statements/request.ts";
import type { LogPolicy } from "../protocol/tlog/checkpoint.ts";
import { encodeInclusionFile } from "../protocol/tlog/inclusion-file.ts";
import { inclusionProof } from "../protocol/tlog/proofs.ts";
import type { TileSource } from "../protocol/tlog/tiles.ts";
import { TreeReader } from "../protocol/tlog/tree-reader.ts";
import { RequesterError } from "./errors.ts";

/** A request of this requester, as the log has it. */
export interface OwnRequest {
  readonly index: number;
  /** Unix seconds. */
  readonly at: number;
  readonly digest: Uint8Array;
  readonly request: Request;
  /** The entry as it stands in the log. */
  readonly leaf: Uint8Array;
  /** In the order of the log. */
  readonly outcomes: readonly Pick<RequestOutcome, "outcome" | "day">[];
}

/** Follows the register, and keeps what this requester said there. @throws LogError as `followLog`. */
export function followAsRequester(
  crypto: Crypto,
  policy: LogPolicy,
  memory: RegisterMemory | null,
  source: TileSource,
  requester: Uint8Array,
  nowSeconds: number,
): Promise<FollowedRegister> {
  const keeps = ({ kind, statement }: Entry): boolean =>
    (kind === "request" || kind === "outcome") && equalBytes(statement.payload.requester, requester);
  return followRegister(crypto, policy, memory, source, { nowSeconds, keeps });
}

/** This requester's requests, in the order of the log. */
export function ownRequests(crypto: Crypto, { leaves }: RegisterMemory, requester: Uint8Array): OwnRequest[] {
  const found = new Map<string, OwnRequest & { readonly outcomes: Pick<RequestOutcome, "outcome" | "day">[] }>();
  for (const { index, bytes } of leaves) {
    const { at, entry } = readLeaf(crypto, bytes);
    if (entry.kind === "request" && equalBytes(entry.statement.payload.requester, requester)) {
      const { digest, payload: request } = entry.statement;
      found.set(toBase64(digest), { index, at, digest, request, leaf: bytes, outcomes: [] });
    } else if (entry.kind === "outcome") {
      const { request, outcome, day } = entry.statement.payload;
      found.get(toBase64(request))?.outcomes.push({ outcome, day });
    }
  }
  return [...found.values()];
}

/** @throws RequesterError `requester/no-such-request`. */
export function ownRequest(requests: readonly OwnRequest[], digest: Uint8Array): OwnRequest {
  const found = requests.find((request) => equalBytes(request.digest, digest));
  if (found === undefined) throw new RequesterError("requester/no-such-request", "not a request of yours in the log");
  return found;
}

/** Proof that the entry is in the log, as c2sp.org/tlog-proof has it. @throws LogError when the tiles do not lead to the root. */
export async function proveInclusion(
  crypto: Crypto,
  { checkpoint }: Pick<FollowedRegister, "checkpoint">,
  source: TileSource,
  index: number,
): Promise<Uint8Array> {
  const tree = new TreeReader(crypto, source, checkpoint);
  const proof = await inclusionProof(tree, index, checkpoint.size);
  return encodeInclusionFile({ index, proof, checkpoint: checkpoint.bytes });
}
