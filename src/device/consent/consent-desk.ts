import type { ConsentDeskConfig, ConsentDeskPorts, ConsentSubmission, ShareStatus } from "./ports.ts";

export type SubmitOutcome =
  | { readonly outcome: "refused" }
  | { readonly outcome: "waiting"; readonly missingSigners: number }
  | { readonly outcome: "undo-window"; readonly undoMs: number };

export declare class ConsentDesk {
  constructor(config: ConsentDeskConfig, ports: ConsentDeskPorts);
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
  /** 16 bytes for one consent; void after 24 hours or a reboot. */
  challenge(): Uint8Array;
  /** @param from - Sign key of the member whose link brought it; for the log only, the signature decides. */
  submit(submission: ConsentSubmission, from: Uint8Array): Promise<SubmitOutcome>;
  /** False when the statement is refused; the log names why. */
  revoke(envelope: Uint8Array): Promise<boolean>;
  shares(): ShareStatus[];
}
