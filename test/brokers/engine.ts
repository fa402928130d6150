import type { RecipientSecrets } from "../../src/recipient/card.ts";

/** A doorbell and a recipient may be connected to different machines of one broker. */
export type Side = "doorbell" | "recipient";

export interface RunningBroker {
  /** Stands in the recipient's card: where doorbells connect to. */
  readonly doorbellUrl: string;
  readonly recipientUrl: string;
  /** Processes of the broker, where they are processes of their own. */
  readonly pids: () => readonly number[];
  /** Kills the machine that this side is connected to, and starts it again at the same address. */
  crash(side: Side): Promise<void>;
  stop(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  /** Delivery cases that this engine's configuration cannot express, each with the reason. They are run too, and have to fail. */
  readonly cannot: Readonly<Record<string, string>>;
  /** @param recipients - Who gets a login, where the engine needs a list of them. */
  start(recipients: readonly RecipientSecrets[]): Promise<RunningBroker>;
}
