import type { Clock } from "../device/platform/clock.ts";
import type { Log } from "../device/platform/logger.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { parseCheckpointText } from "../protocol/tlog/checkpoint.ts";
import { parseNote } from "../protocol/tlog/note.ts";
import { requestCosignatures } from "../witness/request-cosignatures.ts";
import type { LogWriter } from "./log-writer.ts";
import type { RegisterIdentity } from "./register-folder.ts";

const RETRY_MS = 5_000;
/** A quiet log's cosignatures are made anew this often, so that a follower can tell quiet from stopped. */
const RENEW_MS = 600_000;

/** Has checkpoints cosigned, one round at a time, and publishes each that has enough. What comes meanwhile is in the next. */
export class Cosigning {
  readonly #ports: { readonly crypto: Crypto; readonly clock: Clock; readonly log: Log };
  readonly #identity: RegisterIdentity;
  readonly #writer: () => LogWriter;
  readonly #sizes = new Map<string, number>();
  readonly #stop = new AbortController();
  #round: Promise<void> | null = null;
  #again = false;
  #cancelTimer = (): void => {};

  constructor(
    ports: { readonly crypto: Crypto; readonly clock: Clock; readonly log: Log },
    identity: RegisterIdentity,
    writer: () => LogWriter,
  ) {
    this.#ports = ports;
    this.#identity = identity;
    this.#writer = writer;
  }

  wake(): void {
    this.#again = true;
    if (this.#round === null && !this.#stop.signal.aborted) {
      this.#cancelTimer();
      this.#round = this.#run().finally(() => {
        this.#round = null;
      });
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#cancelTimer();
    await this.#round;
  }

  /** Entries under the checkpoint that followers see. */
  publishedSize(): number {
    const { published } = this.#writer();
    return published === null ? 0 : parseCheckpointText(parseNote(published).text).size;
  }

  async #run(): Promise<void> {
    let isEnough = true;
    while (this.#again && !this.#stop.signal.aborted) {
      this.#again = false;
      isEnough = await this.#ask().catch((error: unknown) => {
        this.#ports.log.error("publishing failed", { error: String(error) });
        return false;
      });
    }
    if (this.#stop.signal.aborted) return;
    this.#cancelTimer = this.#ports.clock.after(isEnough ? RENEW_MS : RETRY_MS, () => this.wake());
  }

  /** Whether the checkpoint could be published. */
  async #ask(): Promise<boolean> {
    const writer = this.#writer();
    const source = writer.proofSource();
    if (source === null) return true;
    const { crypto, log } = this.#ports;
    const { witnesses, settings } = this.#identity;
    const ports = { crypto, sizes: this.#sizes, signal: this.#stop.signal };
    const { checkpoint, cosigned, failed } = await requestCosignatures(
      ports,
      source.checkpoint,
      source.proofFrom,
      witnesses,
    );
    for (const { url, error } of failed) log.warn("witness did not cosign", { witness: url, code: error.code });
    if (cosigned.length < settings.quorum) {
      log.warn("checkpoint waits for witnesses", { cosigned: cosigned.length, quorum: settings.quorum });
      return false;
    }
    await writer.publish(checkpoint);
    return failed.length === 0;
  }
}
