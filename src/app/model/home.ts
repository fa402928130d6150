import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { dayOf } from "../../owner/day-keys.ts";
import type { Doorbell } from "../../owner/doorbell.ts";
import { OwnerError } from "../../owner/errors.ts";
import { LinkClient } from "../../owner/link-client.ts";
import { pairWithCode } from "../../owner/pair.ts";
import { tendDays } from "../../owner/tend-days.ts";
import { equalBytes, fromBase64url, toHex } from "../../protocol/bytes.ts";
import type { LinkNoticeMessage } from "../../protocol/link-message.ts";
import type { OwnerSettings, ResultOf } from "../../protocol/link-ops.ts";
import { decodePairingCode } from "../../protocol/pairing-handshake.ts";
import { isJsonObject } from "../../protocol/shape.ts";
import type { Role } from "../../protocol/statements/member.ts";
import { browserTimer } from "../ground/browser-timer.ts";
import type { Ground } from "../ground/ground.ts";
import { homeConnector } from "../ground/home-connector.ts";
import { renewPush } from "../ground/push.ts";
import { Claimant } from "./claimant.ts";
import { ClipIndex } from "./clip-index.ts";
import { isFull } from "./failure.ts";
import { Gate } from "./gate.ts";
import { HomeLink } from "./home-link.ts";
import { Names } from "./names.ts";
import { finishClaim, type Recovery, readRecovery } from "./recovery.ts";
import { Requests } from "./requests.ts";
import { pictureOfOpenClip, type Ring } from "./ring.ts";
import { ShareBook } from "./share-book.ts";

export type DoorbellStatus = ResultOf<"status">;
export type Household = ResultOf<"household">;

/** `waiting`: paired, and no owner has admitted this phone yet. */
export type Standing = Role | "waiting";

/** A person looks at an empty page meanwhile. */
const WELCOME_WITHIN_MS = 3000;

/** Record that there is while no owner has let this phone in. */
const WAITS = "waits";

/** Everything about the one home that this phone belongs to. */
export class Home {
  readonly ground: Ground;
  readonly link: HomeLink;
  readonly clips: ClipIndex;
  readonly shares: ShareBook;
  readonly names: Names;
  readonly claimant: Claimant;
  readonly requests: Requests;
  readonly status: Signal<DoorbellStatus | null> = signal(null);
  readonly household: Signal<Household | null> = signal(null);
  readonly standing: Signal<Standing | null> = signal(null);
  readonly recovery: Signal<Recovery | null> = signal(null);
  readonly settings: Signal<ResultOf<"settings"> | null> = signal(null);
  /** This phone's date and the doorbell's are more than a day apart. */
  readonly clocksDiffer: Signal<boolean> = signal(false);
  readonly ring: Signal<Ring | null> = signal(null);
  /** This phone looks through the door now. */
  readonly watching: Signal<boolean> = signal(false);
  /** A clip is being recorded now. */
  readonly recording: ReadonlySignal<boolean>;
  #noticed = new Gate();
  #refreshes = 0;
  #shownRefresh = 0;

  constructor(ground: Ground) {
    this.ground = ground;
    this.clips = new ClipIndex(ground);
    this.recording = computed(() => this.clips.entries.value.some(({ state }) => state === "open"));
    this.shares = new ShareBook(ground);
    this.names = new Names(ground);
    this.claimant = new Claimant(ground);
    this.requests = new Requests(ground, this.clips.entries);
    this.link = new HomeLink(ground, {
      onUp: (doorbell) => this.#onUp(doorbell),
      onNotice: (notice) => this.#onNotice(notice),
    });
  }

  /**
   * Shows what is known and connects. Call once, when paired.
   * @param role - What the pairing said, if it was just now.
   */
  async open(role: "owner" | "waiting" | null): Promise<void> {
    // Kept, since a doorbell is silent towards a phone that waits, and silence takes long to be sure of.
    if (role === "waiting")
      await this.ground.database.put("records", await this.ground.box.sealJson(WAITS, true), WAITS);
    if ((await this.ground.database.get("records", WAITS)) !== undefined) this.standing.value = "waiting";
    await this.clips.load();
    await Promise.all([this.shares.load(), this.names.load(), this.claimant.load(), this.requests.load()]);
    document.addEventListener("visibilitychange", () => {
      if (this.link.connection.value === "online") this.#later(tellWhetherSeen);
    });
    this.link.start();
  }

  /** Runs against the doorbell, waiting for a connection that is being made. @throws OwnerError. */
  async ask<T>(use: (doorbell: Doorbell) => Promise<T>): Promise<T> {
    return use(await this.link.doorbell());
  }

  async deviceKey(): Promise<Uint8Array> {
    return fromBase64url((await this.ground.store.device()).deviceKey);
  }

  /** Several may run at once; what an older one brings after a newer one is not shown. */
  async refresh(doorbell: Doorbell): Promise<void> {
    this.#refreshes += 1;
    const turn = this.#refreshes;
    const [status, settings, household, recovery] = await Promise.all([
      doorbell.ask("status", {}),
      doorbell.ask("settings", {}),
      doorbell.household(),
      this.deviceKey().then((device) => readRecovery(doorbell, device)),
    ]);
    // Before anything is shown: without keys for its day nothing would be recorded.
    await this.#tendDays(doorbell, status.result);
    if (turn < this.#shownRefresh) return;
    this.#shownRefresh = turn;
    this.household.value = household;
    this.status.value = status.result;
    this.settings.value = settings.result;
    this.recovery.value = recovery;
    this.standing.value = this.#standingIn(household);
    await this.claimant.look(recovery, household, this.ground.identity.signer.publicKey).catch(() => undefined);
  }

  async refreshShares(): Promise<void> {
    await this.ask((doorbell) => this.shares.refresh(doorbell));
  }

  /** All of them, also those that stay. */
  async changeSettings({ name, retentionDays, undoMs, quiet }: OwnerSettings): Promise<void> {
    await this.ask(async (doorbell) => {
      await doorbell.ask("settings-change", { name: name.trim(), retentionDays, undoMs, quiet });
      await this.refresh(doorbell);
    });
  }

  /** Begins or ends a live view; whoever watches has answered the ring. */
  watch(on: boolean): void {
    if (on) this.ring.value = null;
    this.watching.value = on;
  }

  dismissRing(): void {
    this.ring.value = null;
  }

  #standingIn({ members }: Household): Standing {
    const { publicKey } = this.ground.identity.signer;
    return members.find(({ key }) => equalBytes(key, publicKey))?.role ?? "waiting";
  }

  async #onUp(doorbell: Doorbell): Promise<void> {
    await this.#firstStatus(doorbell).catch((error: unknown) => {
      // A doorbell is silent towards a phone that no owner has let in.
      if (error instanceof OwnerError && error.code === "owner/no-answer") this.standing.value ??= "waiting";
      throw error;
    });
    await this.ground.database.delete("records", WAITS);
    await finishClaim(this.ground, doorbell);
    await this.refresh(doorbell);
    if (this.standing.value === "owner") await this.shares.refresh(doorbell);
    await this.requests.sync(doorbell);
    if (this.settings.value?.push === true) void renewPush(this.ground, doorbell).catch(() => undefined);
    void tellWhetherSeen(doorbell).catch(() => undefined);
    this.clips.isCurrent.value = false;
    // Thousands of clips may have to be read: the rest of the app does not wait for that.
    void this.clips.sync(doorbell).catch(() => undefined);
  }

  async #tendDays(doorbell: Doorbell, { day: doorbellDay, retentionDays }: DoorbellStatus): Promise<void> {
    const { crypto, store } = this.ground;
    const days = { today: dayOf(Date.now()), doorbellDay, retentionDays };
    try {
      this.clocksDiffer.value = (await tendDays(crypto, store, doorbell, days)) === "clocks-differ";
    } catch (error) {
      if (!isFull(error)) throw error; // what could not be saved is done again
    }
  }

  /** A phone that waits is answered nothing; the first notice says that it has been let in, and is worth a second try. */
  #firstStatus(doorbell: Doorbell): Promise<{ readonly result: DoorbellStatus }> {
    this.#noticed = new Gate();
    const again = this.#noticed.opened.then(() => doorbell.ask("status", {}));
    return Promise.race([doorbell.ask("status", {}), again]);
  }

  #onNotice({ notice, fields, attachment }: LinkNoticeMessage): void {
    const field = isJsonObject(fields) ? fields : {};
    this.#noticed.open();
    switch (notice) {
      case "ring":
        this.ring.value = {
          atMs: typeof field.atMs === "number" ? field.atMs : Date.now(),
          clip: null,
          picture: null,
          isPictureOver: false,
        };
        this.#later(async (doorbell) => void (await doorbell.ask("ring-heard", {})));
        break;
      case "ring-snapshot":
        if (this.ring.value !== null) this.ring.value = { ...this.ring.value, picture: attachment };
        break;
      case "clip-opened":
        if (field.trigger === "ring" && typeof field.clip === "string") void this.#showWhoRang(field.clip);
        this.#later((doorbell) => this.clips.sync(doorbell));
        break;
      case "clip-sealed":
        this.#later(async (doorbell) => {
          await this.clips.sync(doorbell);
          await this.refresh(doorbell);
        });
        break;
      case "camera":
      case "recording-refused":
        // A clip that was lost is not told of.
        if (this.recording.value) this.#later((doorbell) => this.clips.sync(doorbell));
        this.#later((doorbell) => this.refresh(doorbell));
        break;
      case "household-changed":
      case "member-waiting":
      case "recovery":
      case "settings":
        this.#later((doorbell) => this.refresh(doorbell));
        break;
      case "share-delivered":
        this.#later((doorbell) => this.shares.refresh(doorbell));
        break;
    }
  }

  async #showWhoRang(clip: string): Promise<void> {
    const id = /^[0-9a-f]{32}$/.test(clip) ? clip : toHex(fromBase64url(clip));
    const ring = this.ring.value;
    if (ring === null) return;
    this.ring.value = { ...ring, clip: id };
    const isMissed = (): boolean => this.ring.value?.clip === id && this.ring.value.picture === null;
    const ask = (doorbell: Doorbell): Promise<Uint8Array | null> =>
      pictureOfOpenClip(this.ground, doorbell, id, isMissed);
    const picture = await this.ask(ask).catch(() => null);
    const now = this.ring.value;
    if (now !== null && isMissed()) this.ring.value = { ...now, picture, isPictureOver: picture === null };
  }

  /** A notice that cannot be followed up now is followed up by the next connection. */
  #later(use: (doorbell: Doorbell) => Promise<void>): void {
    void this.ask(use).catch(() => undefined);
  }
}

/** A page that nobody sees may be put to sleep with its connection open: the doorbell then need not wait for its word. */
async function tellWhetherSeen(doorbell: Doorbell): Promise<void> {
  await doorbell.ask("awake", { awake: document.visibilityState === "visible" });
}

/** Makes this phone the doorbell's. @throws OwnerError, ProtocolError. */
export async function pairPhone(ground: Ground, code: string): Promise<"owner" | "waiting"> {
  const { crypto, store, identity } = ground;
  await store.create(crypto, dayOf(Date.now()));
  const { broker } = decodePairingCode(crypto, code);
  const ports = { crypto, store, connect: homeConnector(broker, () => {}), timer: browserTimer };
  const { role } = await pairWithCode(ports, identity.signer.publicKey, code);
  void navigator.storage?.persist?.();
  return role;
}

/** Whether the doorbell answers this phone, whose pairing it may have refused: its word of welcome can also have got lost. */
export async function isKnownToDoorbell({ crypto, store }: Ground): Promise<boolean> {
  try {
    const connect = homeConnector((await store.device()).brokers, () => {});
    const link = await LinkClient.open({ crypto, store, connect, timer: browserTimer });
    try {
      await link.request("status", {}, { answerWithinMs: WELCOME_WITHIN_MS });
      return true;
    } finally {
      await link.close();
    }
  } catch {
    return false;
  }
}
