import { CodedError } from "../protocol/errors.ts";
import { auditErrors } from "./audit/errors.ts";
import { consentErrors } from "./consent/errors.ts";
import { linkErrors } from "./link/errors.ts";
import { codeOf } from "./platform/error-code.ts";
import { pushErrors } from "./push/errors.ts";
import { recorderErrors } from "./recorder/errors.ts";
import { sensorErrors } from "./sensor/errors.ts";
import { vaultErrors } from "./vault/errors.ts";
import { webErrors } from "./web/errors.ts";

/** Why a part does not start, for whoever has to mend it. */
export interface StartFailure {
  readonly code: string;
  /** For this machine's own user; may hold paths, so it is in no log. */
  readonly message: string;
  readonly todo: string;
}

const errorTexts: Readonly<Record<string, string>> = {
  ...auditErrors,
  ...consentErrors,
  ...linkErrors,
  ...pushErrors,
  ...recorderErrors,
  ...sensorErrors,
  ...vaultErrors,
  ...webErrors,
};

const NOT_WRITABLE =
  "The data directory cannot be written: check that the card is mounted read-write (`dmesg`) and that its files belong to the doorbell's user.";
const systemTexts: Readonly<Record<string, string>> = {
  EROFS: NOT_WRITABLE,
  EACCES: NOT_WRITABLE,
  EPERM: NOT_WRITABLE,
  ENOSPC: "The card is full: free some space; clips go by themselves once the catalog can be opened.",
  EDQUOT: "The user's quota on the card is used up: raise it.",
  EIO: "The card does not read or write any more: look at `dmesg`, keep a copy of what can still be read, replace it.",
  ENOENT: "A file that the configuration names is not there: run `doorward doctor`.",
};

export function startFailure(error: unknown): StartFailure {
  const code = codeOf(error);
  const todo = (error instanceof CodedError ? errorTexts : systemTexts)[code] ?? "Run `doorward doctor`.";
  return { code, message: error instanceof Error ? error.message : String(error), todo };
}
