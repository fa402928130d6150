import type { Crypto } from "../../protocol/crypto.ts";
import { type LogPolicy, parseLogPolicy } from "../../protocol/tlog/checkpoint.ts";
import type { OwnerState, RegisterChoice } from "../owner-state.ts";

/**
 * The newest cosignatures may be so old: witnesses sign anew every few hours, and the doorbell fetches twice an hour. Beyond it,
 * somebody holds news back, or the register has stopped.
 */
export const STALE_AFTER_SECONDS = 2 * 86_400;

/** Whom to believe about a register. @throws LogError `log/key`, `log/policy`. */
export function policyOf(crypto: Crypto, { logKey, witnesses, quorum }: RegisterChoice, nowSeconds: number): LogPolicy {
  const policy = parseLogPolicy(crypto, { logKey, witnesses, quorum });
  return { ...policy, freshness: { nowSeconds, maxAgeSeconds: STALE_AFTER_SECONDS } };
}

export const originOf = ({ logKey }: Pick<RegisterChoice, "logKey">): string => logKey.split("+", 1)[0] ?? "";

/** One register by its name; adding it again replaces its keys. */
export function addRegister(state: OwnerState, register: RegisterChoice): OwnerState {
  const others = (state.registers ?? []).filter((known) => originOf(known) !== originOf(register));
  return { ...state, registers: [...others, register] };
}

export function removeRegister(state: OwnerState, origin: string): OwnerState {
  const { registers = [] } = state;
  const kept = registers.filter((known) => originOf(known) !== origin);
  return kept.length === registers.length ? state : { ...state, registers: kept };
}
