import { toHex } from "../protocol/bytes.ts";
import type { ResultOf } from "../protocol/link-ops.ts";
import type { Terminal } from "./terminal.ts";
import { duration, shortId } from "./words.ts";

/** Says how a consent was taken, and how to take it back. */
export function toldOutcome(terminal: Terminal, token: Uint8Array, outcome: ResultOf<"consent">): void {
  const short = shortId(toHex(token));
  if (outcome.outcome === "waiting") {
    const { missingSigners } = outcome;
    terminal.say(
      `Signed. ${missingSigners} more owner${missingSigners === 1 ? "" : "s"} must sign: \`doorward owner approve ${short}\`.`,
    );
  } else {
    terminal.say(`Signed. The doorbell waits ${duration(outcome.undoMs)} before anything leaves.`);
  }
  terminal.say(`Changed your mind? \`doorward owner undo ${short}\`. How far it is: \`doorward owner shares\`.`);
}
