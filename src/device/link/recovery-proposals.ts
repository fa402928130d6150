import { equalBytes } from "../../protocol/bytes.ts";
import type { Statement } from "../../protocol/envelope.ts";
import type { Recovery } from "../../protocol/statements/recovery.ts";

/** Words, or their end, that some owners have signed; `payload` is what the others have to sign, byte for byte. */
export interface RecoveryProposal {
  readonly payload: Uint8Array;
  readonly digest: Uint8Array;
  readonly registration: Recovery;
  /** Of whoever began it: others sign for the key only. */
  readonly sealedDays: string | null;
  readonly signers: readonly Uint8Array[];
}

/**
 * Registrations that lack signatures: one of each owner who begins, so that nobody pushes out another's. They live in
 * memory and for one state of the household: a restart or a change of it forgets them.
 */
export class RecoveryProposals {
  #waiting: readonly RecoveryProposal[] = [];

  of(state: number): readonly RecoveryProposal[] {
    return this.#waiting.filter(({ registration }) => registration.household === state);
  }

  forget(): void {
    this.#waiting = [];
  }

  /** @param signed - Verified statements of owners over one payload, at least one. */
  add(signed: readonly [Statement<Recovery>, ...Statement<Recovery>[]], sealedDays: string | null): RecoveryProposal {
    const [{ payload, payloadBytes, digest }] = signed;
    const before = this.of(payload.household).find((each) => equalBytes(each.digest, digest));
    const signers = [...(before?.signers ?? [])];
    for (const { signer } of signed) if (!signers.some((key) => equalBytes(key, signer))) signers.push(signer);
    const next: RecoveryProposal = {
      payload: payloadBytes,
      digest,
      registration: payload,
      sealedDays: before === undefined ? sealedDays : before.sealedDays,
      signers,
    };
    const beganBySame = ({ signers: [first] }: RecoveryProposal): boolean =>
      first !== undefined && signers[0] !== undefined && equalBytes(first, signers[0]);
    this.#waiting = [...this.of(payload.household).filter((each) => !beganBySame(each)), next];
    return next;
  }
}
