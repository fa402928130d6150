import { HIDDEN_CHARACTER } from "../../protocol/hidden-characters.ts";
import type { OwnerSettings } from "../../protocol/link-ops.ts";

export const MAX_NAME = 60;
export const MAX_DAYS = 365;
export const MAX_QUIET_SPANS = 8;

/** What the doorbell would take: it is silent about anything else. */
export function isSound({ name, retentionDays, undoMs, quiet }: OwnerSettings): boolean {
  return (
    name.trim() !== "" &&
    name.length <= MAX_NAME &&
    !HIDDEN_CHARACTER.test(name) &&
    Number.isInteger(retentionDays) &&
    retentionDays >= 1 &&
    retentionDays <= MAX_DAYS &&
    Number.isInteger(undoMs) &&
    quiet.length <= MAX_QUIET_SPANS &&
    quiet.every(({ fromMinute, untilMinute }) => fromMinute !== untilMinute)
  );
}
