import { rename } from "node:fs/promises";
import { dirname } from "node:path";
import { equalBytes } from "../../protocol/bytes.ts";
import { decodeJson, encodeJson } from "../../protocol/canonical-json.ts";
import { array, bytes, integer, literal, nullable, object, text, type ValueOf } from "../../protocol/shape.ts";
import { makeDirectoryDurably, readFileIfThere, writeFileDurably } from "../platform/durable-file.ts";

const subscriptionShape = object({
  member: bytes(32),
  kind: literal("web-push", "plain"),
  endpoint: text(1024),
  /** The browser's key and secret, base64url; null for `plain`. */
  p256dh: nullable(text(128)),
  auth: nullable(text(64)),
  /** Minute of the UTC day; kept when a phone subscribes anew, so that its choice tells nothing. */
  dailyMinute: nullable(integer(0, 1439)),
  /** UTC day of the last daily report; 0: none yet. */
  sentDay: integer(0, 1_000_000),
});

const fileShape = object({
  version: integer(1, 1),
  /** VAPID (RFC 8292), base64url. */
  publicKey: text(128),
  privateKey: text(64),
  subscriptions: array(subscriptionShape, 64),
});

export type Subscription = ValueOf<typeof subscriptionShape>;
export type VapidKeys = { readonly publicKey: string; readonly privateKey: string };
type Stored = ValueOf<typeof fileShape>;

/** Where each member's phone is woken: at most one place for each, by its key and no name. */
export class Subscriptions {
  readonly #path: string;
  readonly #makeKeys: () => VapidKeys;
  #stored: Stored | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(path: string, makeKeys: () => VapidKeys) {
    this.#path = path;
    this.#makeKeys = makeKeys;
  }

  /** @returns Whether what was there could not be read, and was set aside. */
  async load(): Promise<"ok" | "damaged"> {
    const content = await readFileIfThere(this.#path);
    if (content !== undefined) {
      try {
        this.#stored = fileShape.read(decodeJson(content));
        return "ok";
      } catch {
        await rename(this.#path, `${this.#path}.damaged`);
      }
    }
    await makeDirectoryDurably(dirname(this.#path));
    await this.#save({ version: 1, ...this.#makeKeys(), subscriptions: [] });
    return content === undefined ? "ok" : "damaged";
  }

  get keys(): VapidKeys {
    const { publicKey, privateKey } = this.#loaded;
    return { publicKey, privateKey };
  }

  all(): readonly Subscription[] {
    return this.#stored?.subscriptions ?? [];
  }

  of(member: Uint8Array): Subscription | null {
    return this.all().find((one) => equalBytes(one.member, member)) ?? null;
  }

  /** Replaces what this member had. */
  put(subscription: Subscription): Promise<void> {
    return this.#change((all) => [...without(all, subscription.member), subscription]);
  }

  remove(member: Uint8Array): Promise<void> {
    return this.#change((all) => without(all, member));
  }

  /** Forgets everybody else's. */
  keepOnly(members: readonly Uint8Array[]): Promise<void> {
    return this.#change((all) => all.filter((one) => members.some((member) => equalBytes(one.member, member))));
  }

  /** Settles when nothing is being written. Never throws. */
  async settled(): Promise<void> {
    await this.#turn;
  }

  #change(next: (all: readonly Subscription[]) => readonly Subscription[]): Promise<void> {
    const turn = this.#turn.then(async () => {
      const subscriptions = next(this.all());
      const isSame =
        subscriptions.length === this.all().length && subscriptions.every((one, i) => one === this.all()[i]);
      if (!isSame) await this.#save({ ...this.#loaded, subscriptions });
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #save(stored: Stored): Promise<void> {
    await writeFileDurably(this.#path, encodeJson(fileShape.write(stored)));
    this.#stored = stored;
  }

  get #loaded(): Stored {
    if (this.#stored === null) throw new TypeError("not loaded");
    return this.#stored;
  }
}

const without = (all: readonly Subscription[], member: Uint8Array): readonly Subscription[] =>
  all.filter((one) => !equalBytes(one.member, member));
