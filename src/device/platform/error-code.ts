import { CodedError } from "../../protocol/errors.ts";

/**
 * What the log may say of an error: its code, this program's or the system's, or its name. Texts of errors hold paths,
 * and a recipient's address, which nobody who takes the card shall read in its journal.
 */
export function codeOf(error: unknown): string {
  if (error instanceof CodedError) return String(error.code);
  if (!(error instanceof Error)) return "unknown";
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? error.name : String(code);
}
