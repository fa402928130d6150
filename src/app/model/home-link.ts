import { type Signal, signal } from "@preact/signals";
import { ClipFetcher } from "../../owner/clip-fetcher.ts";
import { Doorbell } from "../../owner/doorbell.ts";
import { OwnerError } from "../../owner/errors.ts";
import { LinkClient } from "../../owner/link-client.ts";
import type { ClipSource } from "../../owner/verify-clip.ts";
import type { LinkNoticeMessage } from "../../protocol/link-message.ts";
import { browserTimer } from "../ground/browser-timer.ts";
import { doorbellHttp } from "../ground/doorbell-http.ts";
import type { Ground } from "../ground/ground.ts";
import { homeConnector } from "../ground/home-connector.ts";
import { type Hold, holdLink } from "../ground/one-page.ts";
import { AppError } from "./errors.ts";
import { isFull } from "./failure.ts";
import { Gate } from "./gate.ts";

/**
 * `away`: tried, and trying again by itself. `refused`: likewise, but a broker answered and did not let this phone in.
 * `full`: likewise, but the browser has no room for the counters without which nothing may be sent. `elsewhere`: another page
 * of this browser has the connection.
 */
export type Obstacle = "away" | "refused" | "full";
export type Connection = "connecting" | "online" | "elsewhere" | Obstacle;

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** What a screen asks for waits this long for a connection that is being made. */
const PATIENCE_MS = 12_000;
/** A page that is just being closed, or loaded anew, lets go of the link within this time. */
const LET_GO_WITHIN_MS = 500;
/** MQTT 3.1.1, 3.2.2.3: bad user name or password; not authorized. */
const NOT_LET_IN: readonly unknown[] = [4, 5];

export interface HomeLinkEvents {
  /** A connection was made; until this settles nobody else learns of it. */
  readonly onUp: (doorbell: Doorbell) => Promise<void>;
  readonly onNotice: (notice: LinkNoticeMessage) => void;
}

/** Keeps one connection to the doorbell for as long as the app is open, and makes it anew when it is lost. */
export class HomeLink {
  readonly connection: Signal<Connection> = signal("connecting");
  /** What the last try came to before any word for the doorbell could be sent; null where one could, answered or not. */
  readonly obstacle: Signal<Obstacle | null> = signal(null);
  readonly #ground: Ground;
  readonly #events: HomeLinkEvents;
  readonly #get = doorbellHttp(async () => (await this.#ground.store.device()).brokers);
  #doorbell: Doorbell | null = null;
  #clips: ClipFetcher | null = null;
  #up = new Gate();
  #wake = new Gate();
  #wanted = new Gate();
  #lost = new Gate();
  #running = false;
  /** What the last try ended with. */
  #failure: unknown = null;

  constructor(ground: Ground, events: HomeLinkEvents) {
    this.#ground = ground;
    this.#events = events;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    addEventListener("online", () => this.retryNow());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.retryNow();
    });
    addEventListener("offline", () => this.#lost.open());
    void this.#run();
  }

  /** Does not wait out the pause before the next try. */
  retryNow(): void {
    this.#wake.open();
  }

  /** Connects here, although another page of this browser has the connection; that one then says so. */
  takeOver(): void {
    this.#wanted.open();
  }

  /** @throws AppError `app/other-page`. @throws OwnerError `owner/broker-away` when there is no connection within twelve seconds. @throws DOMException without room. */
  async doorbell(): Promise<Doorbell> {
    if (this.#doorbell !== null) return this.#doorbell;
    if (this.connection.value === "elsewhere") throw new AppError("app/other-page", "another page has the connection");
    this.retryNow();
    const patience = new Promise<void>((resolve) => setTimeout(resolve, PATIENCE_MS));
    await Promise.race([this.#up.opened, patience]);
    if (this.#doorbell !== null) return this.#doorbell;
    throw isFull(this.#failure)
      ? this.#failure
      : new OwnerError("owner/broker-away", "the doorbell cannot be reached", { cause: this.#failure });
  }

  /** Clips over HTTP where the doorbell is near, else over the link. @throws OwnerError `owner/broker-away`. */
  async clips(): Promise<ClipSource> {
    return this.#fetcherFor(await this.doorbell());
  }

  #fetcherFor(doorbell: Doorbell): ClipFetcher {
    const { crypto, store } = this.#ground;
    this.#clips ??= new ClipFetcher({ crypto, store, get: this.#get, doorbell });
    return this.#clips;
  }

  async #run(): Promise<void> {
    for (;;) {
      const hold = await this.#hold();
      this.connection.value = "connecting";
      await this.#stayConnected(hold);
    }
  }

  async #hold(): Promise<Hold> {
    this.#wanted = new Gate();
    const hold = holdLink();
    const late = setTimeout(() => {
      this.connection.value = "elsewhere";
    }, LET_GO_WITHIN_MS);
    const isFree = await Promise.race([hold.held.then(() => true), this.#wanted.opened.then(() => false)]);
    clearTimeout(late);
    if (isFree) return hold;
    hold.cancel();
    const taken = holdLink(true);
    await taken.held;
    return taken;
  }

  async #stayConnected({ lost }: Hold): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    let isOurs = true;
    void lost.then(() => {
      isOurs = false;
      this.#lost.open();
      this.#wake.open();
    });
    for (;;) {
      this.#wake = new Gate();
      this.#failure = await this.#once().then(
        () => null,
        (error: unknown) => error,
      );
      if (this.#failure === null) pauseMs = FIRST_PAUSE_MS;
      if (!isOurs) return;
      this.connection.value = obstacleOf(this.#failure);
      const pause = new Promise<void>((resolve) => setTimeout(resolve, pauseMs));
      await Promise.race([pause, this.#wake.opened]);
      if (!isOurs) return;
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      this.connection.value = "connecting";
    }
  }

  /** One connection from beginning to end. @throws When it was good for nothing. */
  async #once(): Promise<void> {
    const { crypto, store } = this.#ground;
    const lost = new Gate();
    this.#lost = lost;
    const connect = homeConnector((await store.device()).brokers, () => lost.open());
    const link = await LinkClient.open({ crypto, store, connect, timer: browserTimer }).catch((error: unknown) => {
      this.obstacle.value = obstacleOf(error);
      throw error;
    });
    this.obstacle.value = null;
    try {
      link.onNotice(this.#events.onNotice);
      const doorbell = new Doorbell(link);
      await this.#events.onUp(doorbell);
      this.#doorbell = doorbell;
      this.connection.value = "online";
      void this.#fetcherFor(doorbell).prepare();
      this.#up.open();
      await lost.opened;
    } finally {
      // Whoever waits since before a failed try waits for the next one.
      if (this.#doorbell !== null) this.#up = new Gate();
      this.#doorbell = null;
      this.#clips = null;
      await link.close();
    }
  }
}

function obstacleOf(failure: unknown): Obstacle {
  if (isFull(failure)) return "full";
  return isRefusal(failure) ? "refused" : "away";
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return NOT_LET_IN.includes((error as { readonly code?: unknown }).code) || isRefusal(error.cause);
}
