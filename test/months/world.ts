import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { requestDetails, requestText } from "../../src/cli/request-words.ts";
import type { HomeRequest } from "../../src/owner/requests/match.ts";
import { BulkHomes, FETCH_MINUTES, minuteMs, type SilentHome } from "./bulk-homes.ts";
import { digestOf, type Evidence, evidenceOfFolder } from "./digest.ts";
import { HomeDesk, UNDO_MS } from "./home-desk.ts";
import { ONE_PERSON, type Plan, type PlannedRequest, type Sharing, type Silence } from "./plan.ts";
import { seededCrypto } from "./seeded-crypto.ts";
import { type Beginning, Services } from "./services.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { copyHome, type OpenApp, type Phone, WholeHome } from "./whole-home.ts";

export const VIEWS = ["register", "witness", "broker", "requester", "log", "device", "phone"] as const;
export type View = (typeof VIEWS)[number];

/** What a planted leak may reach: everything that a home or its apps could, at the moment in which one stays silent. */
export interface LeakPlace {
  readonly services: Services;
  readonly home: WholeHome;
  readonly phone: Phone;
}

/** Something that tells of a silence, put into the program by a test to see that it is found. */
export interface PlantedLeak {
  readonly name: string;
  readonly silence: Silence;
  /** Called when a whole home has looked, or undone. */
  readonly act?: (place: LeakPlace) => Promise<void> | void;
  /** The doorbell's clock is behind from that moment on. */
  readonly clockBehindMs?: number;
}

export interface WorldOptions {
  readonly silence: Silence;
  readonly sharing: Sharing;
  readonly seed: number;
  /** Simulated homes that copy over real HTTP; the others are written down as requests to a file server in front. */
  readonly overHttp: number;
  /** Simulated homes that really sign, in worlds where it is undone or never completed. */
  readonly desks: number;
  /** Only the first requests, for planted leaks. */
  readonly requests?: number;
  readonly leak?: PlantedLeak;
  readonly onProgress: (text: string) => void;
}

export interface WorldResult {
  readonly silence: Silence;
  readonly sharing: Sharing;
  /** Pairs of a home and a request that fits what it filmed. In worlds that keep homes from fitting, only those who share. */
  readonly matching: number;
  readonly received: number;
  readonly homeRequests: number;
  readonly linkSessions: number;
  readonly evidence: Readonly<Record<View, Evidence>>;
  /** The homes' copying of the log, by minute. */
  readonly fetches: Evidence;
  /** Traffic and files by size and time alone. */
  readonly shape: Evidence;
}

const HOUR_MS = 3_600_000;
/** Until all minutes of the hour have passed in which homes copy the log. */
const COPIED_MS = FETCH_MINUTES * 60_000;
const APPS_OPEN_MS = HOUR_MS;
const OUTCOME_MS = 72 * HOUR_MS;
/** Which whole homes take part, and when they are stopped: after the second request, when every token has long expired. */
const WHOLE_UNTIL = 2;

/** Plays the months once. */
export async function runWorld(plan: Plan, begun: Beginning, dir: string, options: WorldOptions): Promise<WorldResult> {
  const world = new World(plan, begun, dir, options);
  try {
    return await world.run();
  } finally {
    await world.end();
    rmSync(dir, { recursive: true, force: true });
  }
}

class World {
  readonly #plan: Plan;
  readonly #begun: Beginning;
  readonly #dir: string;
  readonly #options: WorldOptions;
  readonly #clock: VirtualClock;
  readonly #services: Services;
  readonly #bulk: BulkHomes;
  readonly #whole: readonly WholeHome[];
  readonly #lag = { ms: 0 };
  readonly #desks: HomeDesk[] = [];
  readonly #deskLog: string[] = [];
  readonly #evidence: { device: string[]; phone: string[] } = { device: [], phone: [] };
  #matching = 0;
  #linkSessions = 0;
  #shared = 0;

  constructor(plan: Plan, begun: Beginning, dir: string, options: WorldOptions) {
    this.#plan = plan;
    this.#begun = begun;
    this.#dir = dir;
    this.#options = options;
    const [first] = plan.requests;
    this.#clock = new VirtualClock((first?.atMs ?? 0) - 24 * HOUR_MS);
    const { seed, silence, sharing, overHttp } = options;
    this.#services = new Services(begun, dir, this.#clock, seed);
    const sharers = new Set(sharing === "one-person-eleven-clips" ? [ONE_PERSON] : plan.shares.map(({ home }) => home));
    this.#bulk = new BulkHomes(this.#services, plan, silence, sharers, { seed, overHttp });
    const names = ["anna", "ben-and-carla"] as const;
    const doorClock = lagging(this.#clock, this.#lag);
    this.#whole = names.map((name, i) => {
      const brokerPort = begun.ports.homes[i] ?? 0;
      return new WholeHome(join(dir, name), { name, brokerPort, begun }, doorClock, seed);
    });
  }

  async run(): Promise<WorldResult> {
    mkdirSync(this.#dir, { recursive: true });
    await this.#services.start(this.#options.seed);
    if (this.#hasWhole) {
      for (const [i, name] of (["anna", "ben-and-carla"] as const).entries()) {
        const home = this.#whole[i];
        if (home === undefined) continue;
        copyHome(this.#begun, name, home.dir);
        await home.start();
        await this.#prepare(home);
      }
    }
    const asked = this.#plan.requests.slice(0, this.#options.requests ?? this.#plan.requests.length);
    for (const request of asked) {
      await this.#round(request);
      if (request.index + 1 === WHOLE_UNTIL) await this.#stopWhole();
      this.#options.onProgress(`request ${request.index + 1} of ${asked.length}`);
    }
    await this.#services.quiet();
    await this.#services.stop();
    return this.#result();
  }

  /** What keeps a home from fitting was so before anybody asked. */
  async #prepare(home: WholeHome): Promise<void> {
    const { silence } = this.#options;
    for (const phone of home.phones) {
      if (silence === "outside-the-area") await phone.move({ latitude: 0, longitude: 0 });
      if (silence === "no-clip") await phone.open((app) => app.eraseAll());
    }
  }

  async end(): Promise<void> {
    for (const home of this.#whole) await home.stop();
    for (const desk of this.#desks.splice(0)) await desk.close();
    await this.#services.stop();
  }

  get #hasWhole(): boolean {
    return this.#options.silence !== "no-device";
  }

  /** One request from its asking to its outcome. */
  async #round(request: PlannedRequest): Promise<void> {
    const { atMs } = request;
    await this.#services.leapTo(atMs);
    const digest = await this.#services.ask(request);
    const hourMs = Math.ceil(atMs / COPIED_MS) * COPIED_MS;
    for (let minute = 0; minute < FETCH_MINUTES; minute += 1) {
      await this.#services.leapTo(hourMs + minuteMs(minute));
      for (const home of this.#whole) await home.copied(this.#services.checkpoint());
      await this.#bulk.copy(minute);
    }
    await this.#services.leapTo(atMs + APPS_OPEN_MS);
    await this.#bulk.follow();
    const fitting = this.#bulk.match(request);
    this.#matching += fitting.length;
    const answering = this.#plan.shares.find((share) => share.request === request.index);
    const sharer =
      answering === undefined
        ? null
        : this.#options.sharing === "one-person-eleven-clips"
          ? ONE_PERSON
          : answering.home;
    for (const home of fitting) {
      if (home.index !== sharer && !this.#plan.whole.includes(home.index)) await this.#staySilent(home, digest);
    }
    await this.#openWhole(request);
    if (sharer !== null) await this.#share(request, sharer, digest);
    await this.#services.leapTo(atMs + APPS_OPEN_MS + UNDO_MS + 60_000);
    await this.#services.quiet();
    // All tokens expire, and apps are opened on other days as well.
    await this.#services.leapTo(atMs + APPS_OPEN_MS + 26 * HOUR_MS);
    await this.#closeDesks();
    await this.#services.leapTo(atMs + OUTCOME_MS);
    await this.#services.tellOutcome(digest);
  }

  /** What a simulated owner does who does not answer. */
  async #staySilent(home: SilentHome, request: Uint8Array): Promise<void> {
    const { silence, desks } = this.#options;
    if (silence === "looked-then-nothing" || silence === "hidden") {
      const shown = this.#bulk.shown(home, home.request);
      if (shown === null) throw new Error("what fits is not shown");
      const page = new Set([`${requestText(shown)}\n${requestDetails(shown)}`]);
      if (silence === "hidden") page.clear(); // the open page forgets it, and ends
      return;
    }
    if (silence !== "signed-then-undone" && silence !== "quorum-never-completed") return;
    if (this.#deskCount >= desks) return;
    const quorum = silence === "quorum-never-completed" ? 2 : 1;
    const desk = await this.#desk(home.index, home.request, `silent ${home.index} ${home.request.index}`, quorum);
    const { token, outcome } = await desk.consentTo(request);
    if (outcome !== (quorum === 2 ? "waiting" : "undo-window")) throw new Error(`a consent ended as ${outcome}`);
    if (quorum === 1) await desk.undo(token);
  }

  #deskCount = 0;

  async #desk(home: number, request: PlannedRequest, actor: string, quorum: number): Promise<HomeDesk> {
    const { seed } = this.#options;
    this.#deskCount += 1;
    const desk = await HomeDesk.open(join(this.#dir, "desks", `${home}-${request.index}`), {
      deviceSeed: seededCrypto(seed, `home ${home}`).randomBytes(32),
      crypto: seededCrypto(seed, actor),
      clock: this.#clock,
      begun: this.#begun,
      quorum,
      log: this.#deskLog,
    });
    this.#desks.push(desk);
    return desk;
  }

  async #closeDesks(): Promise<void> {
    for (const desk of this.#desks.splice(0)) {
      const left = desk.states.filter((state) => state !== "delivered");
      if (left.length > 0) throw new Error(`a token is still ${left.join(", ")}`);
      await desk.close();
    }
  }

  /** One clip for this request; the same bytes are drawn whoever it is, so that only who it is differs. */
  async #share(request: PlannedRequest, home: number, digest: Uint8Array): Promise<void> {
    const desk = await this.#desk(home, request, `share ${request.index}`, 1);
    const { outcome } = await desk.consentTo(digest);
    if (outcome !== "undo-window") throw new Error(`a consent ended as ${outcome}`);
    this.#shared += 1;
    await this.#services.leapTo(this.#clock.nowMs() + UNDO_MS);
    for (let waited = 0; this.#services.received < this.#shared; waited += 5) {
      if (waited > 30_000)
        throw new Error(`share ${this.#shared} did not arrive: ${this.#deskLog.slice(-3).join("; ")}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await this.#services.quiet(50);
  }

  /** The whole homes' apps are opened once a round in every world, but where their people are away. */
  async #openWhole(request: PlannedRequest): Promise<void> {
    const { silence } = this.#options;
    if (!this.#hasWhole || silence === "away" || request.index >= WHOLE_UNTIL) return;
    for (const home of this.#whole) await this.#openApps(home, request.index === 0);
  }

  async #openApps(home: WholeHome, isAsked: boolean): Promise<void> {
    const { silence, leak } = this.#options;
    const nowMs = this.#clock.nowMs();
    const [first, second] = home.phones;
    if (first === undefined) return;
    this.#linkSessions += home.phones.length;
    const token = await first.open(async (app) => {
      const synced = await app.sync(nowMs);
      return isAsked ? this.#act(app, await app.requests(synced, nowMs), second !== undefined) : null;
    });
    await second?.open(async (app) => {
      const synced = await app.sync(nowMs);
      const found = isAsked ? await app.requests(synced, nowMs) : [];
      if (silence === "looked-then-nothing") for (const request of found) app.look(request);
      if (token !== null && silence === "signed-then-undone") {
        await app.sign(token);
        await app.undo(token);
      }
    });
    if (isAsked && leak !== undefined) {
      await leak.act?.({ services: this.#services, home, phone: first });
      this.#lag.ms = leak.clockBehindMs ?? 0;
    }
  }

  async #act(app: OpenApp, found: readonly HomeRequest[], hasSecond: boolean): Promise<Uint8Array | null> {
    const { silence } = this.#options;
    const [request] = found;
    const fits = request !== undefined && request.clips.length > 0;
    if (silence === "outside-the-area" || silence === "no-clip") {
      if (fits) throw new Error("the request fits a home that it should not");
      return null;
    }
    if (!fits) throw new Error("the request does not fit a whole home");
    const nowMs = this.#clock.nowMs();
    switch (silence) {
      case "looked-then-nothing":
        app.look(request);
        return null;
      case "hidden": {
        const page = new Set([app.look(request)]);
        page.clear();
        return null;
      }
      case "signed-then-undone": {
        const { token, outcome } = await app.answer(request, nowMs);
        if (outcome !== (hasSecond ? "waiting" : "undo-window")) throw new Error(`a consent ended as ${outcome}`);
        if (!hasSecond) await app.undo(token);
        return hasSecond ? token : null;
      }
      case "quorum-never-completed":
        if (hasSecond) await app.answer(request, nowMs);
        return null;
      default:
        return null;
    }
  }

  async #stopWhole(): Promise<void> {
    if (!this.#hasWhole) return;
    for (const home of this.#whole) {
      await home.stop();
      this.#evidence.device.push(...evidenceOfFolder("door", home.deviceDir), ...home.log);
      for (const phone of home.phones) this.#evidence.phone.push(...evidenceOfFolder("phone", phone.dir));
    }
  }

  #result(): WorldResult {
    const { silence, sharing } = this.#options;
    const services = this.#services;
    const { registerTap, witnessTap, mailboxTap } = services;
    registerTap.endMinute();
    const registerDir = join(this.#dir, "register");
    const evidence = {
      register: [...registerTap.seen, ...services.registerLog, ...evidenceOfFolder("register", registerDir)],
      witness: [...witnessTap.seen, ...services.witnessLog, ...evidenceOfFolder("witness", join(this.#dir, "witness"))],
      broker: [...mailboxTap.evidence(), ...services.mailboxLog],
      requester: [...services.requesterLog, ...evidenceOfFolder("requester", services.requesterDir)],
      log: evidenceOfFolder("log", services.publicDir),
      ...this.#evidence,
    };
    return {
      silence,
      sharing,
      matching: this.#matching,
      received: services.received,
      homeRequests: registerTap.homeRequests,
      linkSessions: this.#linkSessions,
      evidence,
      fetches: registerTap.fromHomes,
      shape: [...mailboxTap.shape(), ...services.requesterLog.map((line) => line.replaceAll(/[0-9a-f]{32}/g, "id"))],
    };
  }
}

/** The same clock, behind by what a planted leak says. */
function lagging(clock: VirtualClock, lag: { readonly ms: number }): VirtualClock {
  return Object.assign(Object.create(clock) as VirtualClock, { nowMs: () => clock.nowMs() - lag.ms });
}

export const digestsOf = ({ evidence }: WorldResult): Record<View, string | null> =>
  Object.fromEntries(
    VIEWS.map((view) => [view, evidence[view].length === 0 ? null : digestOf(evidence[view])]),
  ) as Record<View, string | null>;
