import { CodedError } from "../../protocol/errors.ts";

/** What each error of the vault means and what to do; `docs/ref/errors.md` is generated from it. */
export const vaultErrors = {
  "vault/no-recipient":
    "No member has day keys on this device, so a clip could never be opened: pair a phone, or open the app once so that it uploads keys.",
  "vault/full":
    "The quota or the card is full and every other clip is pinned: unpin or erase clips, raise the quota, or use a larger card.",
  "vault/clip-not-found": "The clip is not in the vault: it was erased or its retention ended.",
  "vault/fragment-not-found": "The clip has no such fragment.",
  "vault/fragment-damaged":
    "A fragment on the card is not what was written: run `doorward check`; the rest of the clip still plays.",
  "vault/file-damaged": "A clip file cannot be read: run `doorward check`; the file is left as it is.",
  "vault/closed": "The clip is closed: no fragment can be added.",
  "vault/still-open": "The clip is being recorded: close it first.",
  "vault/not-started": "The vault is not started.",
  "vault/in-use": "Another process has the vault open: stop the daemon first (`systemctl stop doorward`).",
  "vault/newer-catalog": "The catalog was written by a newer Doorward: install that version; nothing was touched.",
  "vault/catalog-damaged":
    "The catalog database is damaged: run `doorward check --repair`, which rebuilds it from the clip files.",
  "vault/write-failed":
    "The card refused a write: check that it is mounted read-write and healthy (`dmesg`, `doorward doctor`).",
} as const;

export type VaultErrorCode = keyof typeof vaultErrors;

export class VaultError extends CodedError<VaultErrorCode> {
  override readonly name = "VaultError";
}
