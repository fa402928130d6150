/** A connection to the recipient's own inbox; Node and browsers each have an adapter over mqtt.js. */
export interface InboxBroker {
  subscribe(topicFilter: string, onMessage: (topic: string, payload: Uint8Array) => void): Promise<void>;
  publish(topic: string, payload: Uint8Array): Promise<void>;
}

/** Where chunks wait until a share is whole. What `append` has settled must survive a crash, or the receipt lies. */
export interface InboxStorage {
  /** Bytes held of a delivery under way; 0 when unknown. */
  held(delivery: string): Promise<number>;
  /** Writes at `offset`, which is never beyond what is held; what lay behind it is cut off. */
  append(delivery: string, offset: number, bytes: Uint8Array): Promise<void>;
  /** What is held of a delivery under way, in pieces of any size. */
  read(delivery: string): AsyncIterable<Uint8Array>;
  /**
   * Makes a whole delivery a share and keeps the receipt for it, also when the share is moved away later.
   * After a crash in between the delivery is still under way.
   */
  finish(delivery: string, receipt: Uint8Array): Promise<void>;
  /** The receipt of a finished delivery, or null. */
  receiptOf(delivery: string): Promise<Uint8Array | null>;
  /** Forgets a part that cannot become a share. */
  discard(delivery: string): Promise<void>;
}
