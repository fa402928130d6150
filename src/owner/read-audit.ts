import {
  type AuditEntry,
  type AuditPosition,
  type AuditVerdict,
  openAuditRow,
  readAuditExport,
  verifyAuditChain,
} from "../protocol/audit-chain.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { boxKeyOfDay } from "./day-keys.ts";
import { OwnerError } from "./errors.ts";
import type { DayChainState } from "./owner-state.ts";

export interface AuditView {
  readonly verdict: AuditVerdict;
  /** `entry` null: sealed before this owner was a member, or its day is forgotten. */
  readonly rows: readonly { readonly sequence: number; readonly day: number; readonly entry: AuditEntry | null }[];
}

/**
 * Verifies an export of the doorbell's audit log and opens what is sealed to this owner.
 * @param start - Row that the export follows; by default it begins with the first.
 * @throws OwnerError `owner/unreadable-answer`.
 */
export function readAudit(
  crypto: Crypto,
  days: DayChainState,
  deviceKey: Uint8Array,
  file: Uint8Array,
  start?: AuditPosition,
): AuditView {
  const parsed = readAuditExport(file);
  if (parsed === null) throw new OwnerError("owner/unreadable-answer", "not an export of an audit log");
  const head = { envelope: parsed.head, device: deviceKey };
  const verdict = verifyAuditChain(crypto, parsed.rows, start === undefined ? { head } : { head, start });
  const rows = parsed.rows.map((row) => ({
    sequence: row.sequence,
    day: row.day,
    entry: openAuditRow(crypto, row, (day) => boxKeyOfDay(crypto, days, day)),
  }));
  return { verdict, rows };
}
