/** A connection to the recipient's own inbox; Node and browsers each have an adapter over mqtt.js. */
export interface InboxBroker {
  subscribe(topicFilter: string, onMessage: (topic: string, payload: Uint8Array) => void): Promise<void>;
  publish(topic: string, payload: Uint8Array): Promise<void>;
}

/**
 * Where chunks wait until a share is whole. What `append` has settled must survive a crash, or the receipt lies:
 * a part that is lost is offered again only while the device still has it to offer.
 */
export interface InboxStorage {
  /** Bytes already held for this delivery; 0 when unknown. */
  held(delivery: string): Promise<number>;
  append(delivery: string, offset: number, bytes: Uint8Array): Promise<void>;
  /** Reads what is held, in pieces of any size; for the digest at the end and after a restart. */
  read(delivery: string): AsyncIterable<Uint8Array>;
  /** Turns a whole delivery into a finished share; from then on {@link isDone} is true, also after a restart. */
  finish(delivery: string): Promise<void>;
  isDone(delivery: string): Promise<boolean>;
  /** Forgets a part that cannot become a share. */
  discard(delivery: string): Promise<void>;
}
