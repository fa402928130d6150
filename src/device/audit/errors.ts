import { CodedError } from "../../protocol/errors.ts";

/** What each error of the ledger and the audit log means and what to do. */
export const auditErrors = {
  "audit/ledger-damaged":
    "The ledger database is damaged: it was left as it is; restore it from a backup, or move it aside to begin a new chain, which every member's app will show.",
  "audit/newer-ledger": "The ledger was written by a newer Doorward: install that version; nothing was touched.",
  "audit/write-failed":
    "The card refused a write of the ledger: check that it is mounted read-write, healthy and not full (`dmesg`, `doorward doctor`).",
  "audit/in-use": "Another process is writing to the ledger: stop it first.",
} as const;

export type AuditErrorCode = keyof typeof auditErrors;

export class AuditError extends CodedError<AuditErrorCode> {
  override readonly name = "AuditError";
}
