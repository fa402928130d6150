import { OwnerError } from "../../owner/errors.ts";
import { CodedError } from "../../protocol/errors.ts";
import { words } from "../words.ts";

/** What went wrong, in one sentence that says what to do. */
export function failureText(error: unknown): string {
  const sentences: Readonly<Record<string, string>> = words.failures;
  if (error instanceof CodedError) {
    const told = sentences[String(error.code)];
    if (told !== undefined) return told;
    const part = sentences[String(error.code).split("/")[0] ?? ""];
    if (part !== undefined) return part;
  }
  if (isFull(error)) return words.failures["app/storage-full"];
  if (error instanceof DOMException && error.name === "NotAllowedError") return words.failures["app/not-allowed"];
  return words.failures["app/unknown"];
}

/** The browser has no room for what was to be saved. */
export const isFull = (error: unknown): boolean => error instanceof DOMException && error.name === "QuotaExceededError";

export const isAway = (error: unknown): boolean =>
  error instanceof OwnerError && (error.code === "owner/broker-away" || error.code === "owner/no-answer");
