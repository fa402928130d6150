import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { askDaemon } from "../../src/cli/control-client.ts";
import { mqttConnector } from "../../src/cli/mqtt-port.ts";
import { fileShelf } from "../../src/cli/owner-shelf.ts";
import { OwnerFileStorage } from "../../src/cli/owner-storage.ts";
import { requestDetails, requestText } from "../../src/cli/request-words.ts";
import { configFrom } from "../../src/device/config/config.ts";
import { readConfig } from "../../src/device/config/read-config.ts";
import { Device } from "../../src/device/device.ts";
import { createDeviceKeys } from "../../src/device/device-keys.ts";
import { type Clock, systemClock } from "../../src/device/platform/clock.ts";
import type { Log } from "../../src/device/platform/logger.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { openClipSeed } from "../../src/owner/clip-seed.ts";
import { Doorbell } from "../../src/owner/doorbell.ts";
import { signHouseholdChange } from "../../src/owner/household-change.ts";
import { LinkClient } from "../../src/owner/link-client.ts";
import { coSign, makeConsent, makeRevocation } from "../../src/owner/make-consent.ts";
import type { Timer } from "../../src/owner/owner-ports.ts";
import { OwnerStore } from "../../src/owner/owner-store.ts";
import { pairWithCode } from "../../src/owner/pair.ts";
import { type HomeRequest, requestsFor } from "../../src/owner/requests/match.ts";
import { addRegister } from "../../src/owner/requests/registers.ts";
import { type Synced, syncHome } from "../../src/owner/requests/sync.ts";
import type { Shelf } from "../../src/owner/shelf.ts";
import { tendDays } from "../../src/owner/tend-days.ts";
import { verifyClip } from "../../src/owner/verify-clip.ts";
import { fromBase64url } from "../../src/protocol/bytes.ts";
import type { Crypto } from "../../src/protocol/crypto.ts";
import { type Signer, seedSigner } from "../../src/protocol/envelope.ts";
import type { Place } from "../../src/protocol/register/area.ts";
import { cardEnvelopeOf } from "../../src/protocol/register/statements/request.ts";
import type { MemberChange } from "../../src/protocol/statements/member.ts";
import { untilCopied } from "./copying.ts";
import { TOKEN_SECONDS } from "./home-desk.ts";
import { seededCrypto } from "./seeded-crypto.ts";
import { type Beginning, keptLog } from "./services.ts";
import { clockFrom } from "./virtual-clock.ts";

const DAY_MS = 86_400_000;
const FILM_WITHIN_MS = 60_000;
const COPY_EVERY_MS = 30 * 60_000;

const timer: Timer = {
  after(ms, call) {
    const handle = setTimeout(call, ms);
    return () => clearTimeout(handle);
  },
};

/** One member's app: its folder, and what it does while it is open. */
export class Phone {
  readonly dir: string;
  readonly #crypto: Crypto;
  readonly #store: OwnerStore;
  readonly #shelf: Shelf;
  readonly #signer: Signer;

  constructor(dir: string, crypto: Crypto, seed: Uint8Array) {
    mkdirSync(dir, { recursive: true });
    this.dir = dir;
    this.#crypto = crypto;
    this.#store = new OwnerStore(new OwnerFileStorage(dir));
    this.#shelf = fileShelf(dir);
    this.#signer = seedSigner(nodeCrypto, seed);
  }

  get publicKey(): Uint8Array {
    return this.#signer.publicKey;
  }

  async create(today: number): Promise<void> {
    await this.#store.create(this.#crypto, today);
  }

  async pair(code: string): Promise<void> {
    await pairWithCode(this.#ports, this.publicKey, code);
  }

  async settle(place: Place, begun: Beginning): Promise<void> {
    const register = { logKey: begun.logKey, witnesses: [begun.witnessKey], quorum: 1, url: null };
    await this.#store.update((state) => addRegister({ ...state, place }, register));
  }

  async move(place: Place): Promise<void> {
    await this.#store.update((state) => ({ ...state, place }));
  }

  /** Connects to the doorbell, as an app does that is opened. */
  async open<T>(use: (app: OpenApp) => Promise<T>): Promise<T> {
    const link = await LinkClient.open(this.#ports);
    try {
      const { device } = await this.#store.read();
      const deviceKey = fromBase64url(device?.deviceKey ?? "");
      return await use(
        new OpenApp({
          crypto: this.#crypto,
          signer: this.#signer,
          store: this.#store,
          shelf: this.#shelf,
          deviceKey,
          doorbell: new Doorbell(link),
        }),
      );
    } finally {
      await link.close();
    }
  }

  get #ports() {
    return { crypto: this.#crypto, store: this.#store, timer, connect: mqttConnector(new AbortController().signal) };
  }
}

interface AppParts {
  readonly crypto: Crypto;
  readonly signer: Signer;
  readonly store: OwnerStore;
  readonly shelf: Shelf;
  readonly deviceKey: Uint8Array;
  readonly doorbell: Doorbell;
}

/** An app while it is open: it has fetched all that it will fetch, before anything can be tapped. */
export class OpenApp {
  readonly #parts: AppParts;
  constructor(parts: AppParts) {
    this.#parts = parts;
  }

  get doorbell(): Doorbell {
    return this.#parts.doorbell;
  }

  get signer(): Signer {
    return this.#parts.signer;
  }

  get deviceKey(): Uint8Array {
    return this.#parts.deviceKey;
  }

  async sync(nowMs: number): Promise<Synced> {
    const { crypto, doorbell, deviceKey, store, shelf } = this.#parts;
    const state = await store.read();
    const nowSeconds = Math.floor(nowMs / 1000);
    const openUrl = () => ({ get: () => Promise.resolve(null) });
    const synced = await syncHome({ crypto, doorbell, deviceKey, state, shelf, nowSeconds, openUrl });
    for (const register of synced.registers) if (register.outcome === "failed") throw register.error;
    await this.tend(Math.floor(nowMs / DAY_MS));
    return synced;
  }

  async eraseAll(): Promise<void> {
    for (const { clip } of await this.#parts.doorbell.clipIndex()) await this.#parts.doorbell.ask("erase", { clip });
  }

  async tend(today: number): Promise<void> {
    const { crypto, doorbell, store } = this.#parts;
    await tendDays(crypto, store, doorbell, { today, doorbellDay: today, retentionDays: 14 });
  }

  async requests(synced: Synced, nowMs: number): Promise<HomeRequest[]> {
    const { place } = await this.#parts.store.read();
    return place === undefined ? [] : requestsFor(nodeCrypto, synced, place, Math.floor(nowMs / 1000));
  }

  /** All that there is to see of a request. */
  look(found: HomeRequest): string {
    return `${requestText(found)}\n${requestDetails(found)}`;
  }

  /** @returns The token, and what the doorbell said. */
  async answer(found: HomeRequest, nowMs: number): Promise<{ readonly token: Uint8Array; readonly outcome: string }> {
    const { crypto, doorbell, deviceKey, signer, store } = this.#parts;
    const [clip] = found.clips;
    if (clip === undefined) throw new Error("no clip fits the request");
    const verified = verifyClip(crypto, deviceKey, clip.clip, await doorbell.head(clip.clip));
    const { state: householdState } = await doorbell.household();
    const made = await makeConsent(crypto, signer, {
      deviceKey,
      householdState,
      clip: verified,
      seed: openClipSeed(crypto, await store.read(), verified),
      lanes: [{ lane: 1, first: 1, end: 3 }],
      card: cardEnvelopeOf(found.request),
      purpose: "As asked",
      basis: "voluntary",
      request: found.digest,
      challenge: await doorbell.challenge(),
      expires: Math.floor(nowMs / 1000) + TOKEN_SECONDS,
      facts: null,
    });
    const { outcome } = await doorbell.submit(made.submission);
    return { token: made.token, outcome };
  }

  async sign(token: Uint8Array): Promise<string> {
    const { crypto, doorbell, signer } = this.#parts;
    return (await doorbell.submit(await coSign(crypto, signer, await doorbell.waitingConsent(token)))).outcome;
  }

  async undo(token: Uint8Array): Promise<void> {
    const { crypto, doorbell, signer, deviceKey } = this.#parts;
    await doorbell.revoke(await makeRevocation(crypto, signer, deviceKey, token));
  }
}

export interface WholeHomeOptions {
  readonly name: "anna" | "ben-and-carla";
  readonly brokerPort: number;
  readonly begun: Beginning;
}

/** A real doorbell, its daemon within this process, with the apps of its owners: one, or two who both have to sign. */
export class WholeHome {
  readonly dir: string;
  readonly phones: readonly Phone[];
  readonly log: string[] = [];
  readonly #options: WholeHomeOptions;
  readonly #clock: Clock;
  readonly #crypto: Crypto;
  #device: Device | null = null;
  #life = new AbortController();

  constructor(dir: string, options: WholeHomeOptions, clock: Clock, seed: number, part = "") {
    this.dir = dir;
    this.#options = options;
    this.#clock = clock;
    this.#crypto = seededCrypto(seed, `${options.name} doorbell ${part}`);
    const people = options.name === "anna" ? ["anna"] : ["ben", "carla"];
    this.phones = people.map((name) => {
      const key = seededCrypto(seed, `${name} key`).randomBytes(32);
      return new Phone(join(dir, `phone-${name}`), seededCrypto(seed, `${name} app ${part}`), key);
    });
  }

  get deviceDir(): string {
    return join(this.dir, "door");
  }

  async start(log: Log = keptLog(this.#clock, this.log)): Promise<void> {
    this.#life = new AbortController();
    const config = configFrom(readConfig(this.#settings()).values, this.dir);
    const device = new Device(config, log, { clock: this.#clock, crypto: this.#crypto });
    await device.start(this.#life.signal);
    this.#device = device;
  }

  /** If this is the doorbell's fixed minute: settles when it has copied what there is. */
  async copied(checkpoint: Uint8Array): Promise<void> {
    if (this.#device === null) return;
    const deviceSeed = new Uint8Array(readFileSync(join(this.deviceDir, "device.key")));
    const dir = join(this.deviceDir, "mirror");
    await untilCopied({ deviceSeed, everyMs: COPY_EVERY_MS, dir }, this.#clock.nowMs(), checkpoint);
  }

  async stop(): Promise<void> {
    const device = this.#device;
    this.#device = null;
    this.#life.abort();
    await device?.stop();
  }

  /**
   * The time before the scenario: pairing, one ring that is filmed for real, and then the camera is switched off, so that nothing but
   * people and the log moves this home.
   */
  async film(place: Place): Promise<void> {
    const { begun } = this.#options;
    mkdirSync(this.deviceDir, { recursive: true });
    await createDeviceKeys(this.deviceDir, this.#crypto);
    const sealed: string[] = [];
    const note = (event: string): void => void sealed.push(event);
    const log: Log = { debug: note, info: note, warn: note, error: note };
    await this.start(log);
    const today = Math.floor(this.#clock.nowMs() / DAY_MS);
    for (const [i, phone] of this.phones.entries()) {
      await phone.create(today);
      const code = i === 0 ? await this.#pairingCode() : await this.#invitation();
      await phone.pair(code);
      if (i > 0) await this.#admit(phone);
      await phone.open((app) => app.tend(today));
      await phone.settle(place, begun);
    }
    if (this.phones.length > 1) await this.#bothMustSign();
    await this.#first.open(async ({ doorbell }) => {
      while ((await doorbell.ask("status", {})).result.camera !== "on") await sleep(100);
    });
    await this.#ask({ op: "ring" });
    for (let waited = 0; !sealed.includes("clip sealed"); waited += 50) {
      if (waited > FILM_WITHIN_MS) throw new Error(`nothing was filmed: ${sealed.join(", ")}`);
      await sleep(50);
    }
    await this.#first.open((app) => app.doorbell.ask("privacy", { on: true }));
    await this.stop();
  }

  get #first(): Phone {
    const [phone] = this.phones;
    if (phone === undefined) throw new Error("nobody lives here");
    return phone;
  }

  #ask(request: object): Promise<Readonly<Record<string, unknown>>> {
    return askDaemon({ dataDir: this.deviceDir }, request, AbortSignal.timeout(30_000));
  }

  async #pairingCode(): Promise<string> {
    return String((await this.#ask({ op: "pair" })).text);
  }

  #invitation(): Promise<string> {
    return this.#first.open(async (app) => (await app.doorbell.ask("invite", {})).result.qr);
  }

  async #admit(phone: Phone): Promise<void> {
    await this.#change({ member: phone.publicKey });
  }

  async #bothMustSign(): Promise<void> {
    await this.#change({ quorum: 2 });
  }

  async #change(wish: Partial<MemberChange>): Promise<void> {
    await this.#first.open(async ({ doorbell, signer, deviceKey }) => {
      const { state, quorum } = await doorbell.household();
      const change = {
        device: deviceKey,
        state: state + 1,
        member: signer.publicKey,
        role: "owner",
        quorum,
        ...wish,
      } as const;
      const { outcome } = await doorbell.changeHousehold(await signHouseholdChange(nodeCrypto, signer, change));
      if (outcome !== "applied") throw new Error("the household did not change");
    });
  }

  #settings(): string {
    const { begun, brokerPort } = this.#options;
    const { ports, logKey, witnessKey } = begun;
    return `
[device]
data_dir = "door"
clock = "trusted"
[camera]
width = 160
height = 120
frames_per_second = 5
[recording]
pre_roll = "1s"
post_roll = "3s"
[broker]
port = ${brokerPort}
host = "127.0.0.1"
[web]
on = false
[registers]
follow = [{ url = "http://127.0.0.1:${ports.register}", key = "${logKey}", witnesses = ["${witnessKey}"], quorum = 1 }]
[log]
level = "debug"
`;
  }
}

/** Films both homes once; every world begins with a copy of what this leaves. */
export async function filmHomes(
  begun: Beginning,
  homes: readonly { readonly place: Place; readonly filmedAtMs: number }[],
  seed: number,
): Promise<void> {
  for (const [i, name] of (["anna", "ben-and-carla"] as const).entries()) {
    const home = homes[i];
    const brokerPort = begun.ports.homes[i];
    if (home === undefined || brokerPort === undefined) throw new RangeError("two homes are filmed");
    const dir = join(begun.dir, name);
    mkdirSync(dir, { recursive: true });
    const clock = clockFrom(home.filmedAtMs, systemClock);
    await new WholeHome(dir, { name, brokerPort, begun }, clock, seed, "film").film(home.place);
  }
}

export function copyHome(begun: Beginning, name: WholeHomeOptions["name"], into: string): void {
  cpSync(join(begun.dir, name), into, { recursive: true, preserveTimestamps: true });
}
