import { holdsOf } from "../owner/holds.ts";
import type { OwnerState } from "../owner/owner-state.ts";
import { CliError } from "./errors.ts";

/** @throws CliError `cli/held`. */
export function refuseHeld(state: OwnerState, clip: Uint8Array): void {
  const [name] = holdsOf(state, clip);
  if (name !== undefined) throw new CliError("cli/held", `the hold "${name}" keeps this clip`);
}
