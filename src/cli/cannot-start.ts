/**
 * What keeps the daemon from starting until somebody mends it; `cause` says what. Made only where systemd started it: that must
 * not start it again, and journald makes an entry of each line, so there is one.
 */
export class CannotStart extends Error {
  override readonly name = "CannotStart";
  constructor(cause: unknown) {
    super("the doorbell cannot start", { cause });
  }
}

/** Codes, or parts before their `/`, of failures that last until somebody does something. */
const LASTING = ["config", "device-key", "gpio", "control/in-use"];

export function lasts(code: string): boolean {
  return LASTING.some((what) => code === what || code.startsWith(`${what}/`));
}
