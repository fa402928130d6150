import { toHex } from "../../protocol/bytes.ts";
import type { OfferedShare } from "../../protocol/delivery.ts";
import type { Clearance } from "../consent/clearance.ts";
import type { Publishing } from "../consent/ports.ts";
import { codeOf } from "../platform/error-code.ts";
import { VaultError } from "../vault/errors.ts";
import { type DeliveryEffort, type DeliveryParts, deliver, isExcessive } from "./delivery.ts";
import { PublisherError } from "./errors.ts";
import type { BrokerSession, PublisherPorts } from "./ports.ts";
import { ShareSource } from "./share-source.ts";

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 10 * 60_000;

interface MadeShare {
  readonly source: ShareSource;
  readonly share: OfferedShare;
}

export interface SharePart {
  readonly bytes: Uint8Array;
  /** Of the whole archive. */
  readonly length: number;
}

type End = Awaited<ReturnType<Publishing["publish"]>>;

/** Brings shares to recipients. It takes a {@link Clearance} and nothing else, so nothing leaves without consent. */
export class Publisher implements Publishing {
  readonly #ports: PublisherPorts;

  constructor(ports: PublisherPorts) {
    this.#ports = ports;
  }

  /**
   * Delivers to the inbox in the recipient's card, trying again with back-off for as long as the clearance holds.
   * Rejects only with the signal's reason.
   */
  async publish(clearance: Clearance, signal: AbortSignal): Promise<End> {
    let retryMs = FIRST_RETRY_MS;
    let made: MadeShare | null = null;
    const effort: DeliveryEffort = { chunksSent: 0 };
    const onProgress = (_next: number, chunks: number): void => {
      if (!isExcessive(effort, chunks)) retryMs = FIRST_RETRY_MS;
    };
    for (;;) {
      signal.throwIfAborted();
      const objection = clearance.objection();
      if (objection !== null) return objection;
      try {
        made ??= await this.#make(clearance);
        return await this.#attempt(clearance, made, { onProgress, effort }, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof VaultError) {
          this.#ports.log.warn("share cannot be made", { token: toHex(clearance.token), code: error.code });
          return "void";
        }
        const isOurs = error instanceof PublisherError;
        const code = isOurs ? error.code : "publisher/connection-lost";
        this.#ports.log.warn("delivery interrupted", {
          token: toHex(clearance.token),
          code,
          retryMs,
          cause: codeOf(isOurs ? error.cause : error),
        });
      }
      await this.#ports.clock.sleep(retryMs, signal);
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    }
  }

  /**
   * Bytes of the share's archive from one position up to another, for a file that the owner carries; null when the
   * clearance holds no more. @throws VaultError when the clip is gone.
   */
  async readShare(clearance: Clearance, from: number, to: number): Promise<SharePart | null> {
    if (clearance.objection() !== null) return null;
    const source = await ShareSource.of(clearance, this.#ports);
    return { bytes: await source.read(from, to), length: source.length };
  }

  async #make(clearance: Clearance): Promise<MadeShare> {
    const source = await ShareSource.of(clearance, this.#ports);
    return { source, share: { length: source.length, digest: await source.digest() } };
  }

  async #attempt(
    clearance: Clearance,
    { source, share }: MadeShare,
    { onProgress, effort }: Pick<DeliveryParts, "onProgress" | "effort">,
    signal: AbortSignal,
  ): Promise<End> {
    const { crypto, clock, outbox, log, onDelivered } = this.#ports;
    const { token, card } = clearance;
    const delivery = outbox.deliveryOf(token);
    if (delivery === null) return clearance.objection() ?? "revoked";
    const session = await this.#dial(clearance, signal);
    try {
      const end = await deliver(
        {
          crypto,
          clock,
          session,
          card,
          delivery,
          share,
          read: (from, to) => source.read(from, to),
          objection: () => clearance.objection(),
          onProgress,
          effort,
        },
        signal,
      );
      if (end === "delivered" && outbox.end(token, "delivered")) {
        log.info("share delivered", { token: toHex(token), bytes: share.length });
        onDelivered?.(token);
      }
      return end;
    } finally {
      await session.close();
    }
  }

  async #dial({ card }: Clearance, signal: AbortSignal): Promise<BrokerSession> {
    try {
      return await this.#ports.dial(card.inbox, signal);
    } catch (cause) {
      signal.throwIfAborted();
      throw new PublisherError("publisher/broker-unreachable", "cannot reach the recipient's broker", { cause });
    }
  }
}
