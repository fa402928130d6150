import { join } from "node:path";
import webPush from "web-push";
import { fromBase64url, toHex } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import type { Cancel, Clock } from "../platform/clock.ts";
import { codeOf } from "../platform/error-code.ts";
import type { Log } from "../platform/logger.ts";
import { PushError } from "./errors.ts";
import { readEndpoint } from "./public-address.ts";
import type { PushConfig } from "./push-config.ts";
import { type Subscription, Subscriptions } from "./subscriptions.ts";
import { sendWakeUp } from "./wake-up.ts";

const FILE = "push.json";
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A ring may be tried again this much later, while somebody still stands at the door. */
const TRY_AGAIN_AFTER_MS = [3_000, 10_000];
/** Somebody who leans on the bell wakes nobody twice. */
const PAUSE_MS = 10_000;

export interface PushPorts {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly log: Log;
}

export interface SubscriptionWish {
  readonly kind: "web-push" | "plain";
  readonly endpoint: string;
  readonly p256dh: string | null;
  readonly auth: string | null;
  readonly daily: boolean;
}

/** Wakes members' phones whose app is closed, by whatever server each phone's system uses. What is sent says nothing. */
export class Push {
  readonly #config: PushConfig;
  readonly #ports: PushPorts;
  readonly #subscriptions: Subscriptions;
  readonly #stopped = new AbortController();
  readonly #wokenAtMs = new Map<string, number>();
  /** Day of the last daily report by member. */
  readonly #reported = new Map<string, number>();
  #cancel: Cancel = () => {};

  constructor(dir: string, config: PushConfig, ports: PushPorts) {
    this.#config = config;
    this.#ports = ports;
    this.#subscriptions = new Subscriptions(join(dir, FILE), () => webPush.generateVAPIDKeys());
  }

  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if ((await this.#subscriptions.load()) === "damaged") {
      this.#ports.log.error("push subscriptions set aside", { code: "push/damaged" });
    }
    signal.throwIfAborted(); // a timer set after stop() would keep the process from ending
    this.#cancel = this.#ports.clock.every(MINUTE_MS, () => this.#daily());
  }

  async stop(): Promise<void> {
    this.#cancel();
    this.#stopped.abort();
    await this.#subscriptions.settled();
  }

  /** The key that a browser's subscription is bound to: 65 bytes, RFC 8292. */
  get key(): Uint8Array {
    return fromBase64url(this.#subscriptions.keys.publicKey);
  }

  /** @returns The minute of the UTC day of the daily report. @throws PushError `push/endpoint`. */
  async subscribe(member: Uint8Array, { daily, ...wish }: SubscriptionWish): Promise<number | null> {
    readEndpoint(wish.endpoint, this.#config.privateServers);
    const hasKeys = wish.p256dh !== null && wish.auth !== null;
    if ((wish.kind === "web-push") !== hasKeys) throw new PushError("push/endpoint", "keys go with web push");
    const before = this.#subscriptions.of(member);
    const dailyMinute = daily ? (before?.dailyMinute ?? this.#randomMinute()) : null;
    // Today's is not caught up: the first report would tell when the phone subscribed.
    const sentDay = before?.sentDay ?? this.#today();
    // Apps say it with every connection: neither the card nor its file's date has to bear that.
    if (before === null || !isSame(before, { ...wish, dailyMinute })) {
      await this.#subscriptions.put({ member, ...wish, dailyMinute, sentDay });
    }
    return dailyMinute;
  }

  unsubscribe(member: Uint8Array): Promise<void> {
    return this.#subscriptions.remove(member);
  }

  /** Forgets whoever is no member any more. */
  householdChanged(members: readonly Uint8Array[]): Promise<void> {
    return this.#subscriptions.keepOnly(members);
  }

  /** Does not wait; nothing is noted of what becomes of it but that a place is gone. */
  wake(member: Uint8Array): void {
    const subscription = this.#subscriptions.of(member);
    if (subscription === null) return;
    const name = toHex(member);
    const nowMs = this.#ports.clock.monotonicMs();
    if (nowMs - (this.#wokenAtMs.get(name) ?? Number.NEGATIVE_INFINITY) < PAUSE_MS) return;
    this.#wokenAtMs.set(name, nowMs);
    void this.#send(subscription);
  }

  async #send(subscription: Subscription): Promise<void> {
    const { clock, log } = this.#ports;
    for (const waitMs of [0, ...TRY_AGAIN_AFTER_MS]) {
      try {
        if (waitMs > 0) await clock.sleep(waitMs, this.#stopped.signal);
        await sendWakeUp(subscription, this.#options, this.#stopped.signal);
        return;
      } catch (error) {
        if (this.#stopped.signal.aborted) return;
        const code = codeOf(error);
        if (code === "push/unreachable" && waitMs !== TRY_AGAIN_AFTER_MS.at(-1)) continue;
        log.warn("push not sent", { code });
        if (code === "push/gone") await this.#forget(subscription);
        return;
      }
    }
  }

  get #options() {
    const { contact, privateServers } = this.#config;
    return { keys: this.#subscriptions.keys, contact, allowPrivate: privateServers };
  }

  async #forget(gone: Subscription): Promise<void> {
    if (this.#subscriptions.of(gone.member)?.endpoint !== gone.endpoint) return;
    await this.#subscriptions.remove(gone.member).catch((error: unknown) => {
      this.#ports.log.error("push subscriptions not written", { code: codeOf(error) });
    });
  }

  /** One a day for whoever wants it, at the minute that chance gave, whether or not there is anything to tell. */
  #daily(): void {
    if (!this.#ports.clock.synced()) return;
    const today = this.#today();
    const minute = Math.floor((this.#ports.clock.nowMs() % DAY_MS) / MINUTE_MS);
    for (const subscription of this.#subscriptions.all()) {
      const { dailyMinute, sentDay } = subscription;
      const name = toHex(subscription.member);
      if (dailyMinute === null || sentDay >= today || minute < dailyMinute) continue;
      if (this.#reported.get(name) === today) continue; // on its way to the card
      this.#reported.set(name, today);
      const marked = { ...subscription, sentDay: today };
      this.#subscriptions.put(marked).then(
        () => this.#send(marked),
        (error: unknown) => this.#ports.log.error("push subscriptions not written", { code: codeOf(error) }),
      );
    }
  }

  #today(): number {
    return Math.floor(this.#ports.clock.nowMs() / DAY_MS);
  }

  #randomMinute(): number {
    const limit = 65_536 - (65_536 % 1440);
    for (;;) {
      const [high = 0, low = 0] = this.#ports.crypto.randomBytes(2);
      const number = high * 256 + low;
      if (number < limit) return number % 1440;
    }
  }
}

function isSame(before: Subscription, next: Omit<Subscription, "member" | "sentDay">): boolean {
  return (["kind", "endpoint", "p256dh", "auth", "dailyMinute"] as const).every((name) => before[name] === next[name]);
}
