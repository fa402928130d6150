import type { AuditReport, Violation } from "../register/audit-register.ts";
import type { Terminal } from "./terminal.ts";
import { foreignText } from "./words.ts";

/** How many lines of findings a person is shown at most; `--json` has more. */
const SHOWN = 40;

export function sayViolations(terminal: Terminal, violations: readonly Violation[], count: number): void {
  for (const { index, code, message } of violations.slice(0, SHOWN)) {
    terminal.say(`${index === null ? "log" : `leaf ${index}`}: ${code}: ${foreignText(message)}`);
  }
  if (count > SHOWN) terminal.say(`… and ${count - Math.min(SHOWN, violations.length)} more`);
}

/** `2,014 accreditations, 22,335 requests`: what a log holds, in words. */
export function leafWords(leaves: AuditReport["leaves"]): string {
  const words = Object.entries(leaves).flatMap(([kind, count]) => (count === 0 ? [] : [`${count} ${kind}`]));
  return words.join(", ");
}
