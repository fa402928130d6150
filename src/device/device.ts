import { join } from "node:path";
import type { AuditEntry } from "../protocol/audit-chain.ts";
import { toHex } from "../protocol/bytes.ts";
import type { Signer } from "../protocol/envelope.ts";
import { seedSigner } from "../protocol/envelope.ts";
import type { MemberChange } from "../protocol/statements/member.ts";
import { AuditLog, type DayPublicKey } from "./audit/audit-log.ts";
import { type Ledger, openLedger } from "./audit/ledger.ts";
import type { DoorwardConfig } from "./config/config.ts";
import type { Reload } from "./config/reload-config.ts";
import { ConsentDesk } from "./consent/consent-desk.ts";
import { serveControl } from "./control.ts";
import { type DeviceKeys, loadDeviceKeys } from "./device-keys.ts";
import { Filming } from "./filming.ts";
import { Link } from "./link/link.ts";
import { dialOutsideBroker } from "./link/outside-broker.ts";
import { linkConfig } from "./link-config.ts";
import { answerClipOps } from "./ops/clip-ops.ts";
import { answerDeviceOps } from "./ops/device-ops.ts";
import { answerShareOps } from "./ops/share-ops.ts";
import { type Clock, makeSystemClock } from "./platform/clock.ts";
import { codeOf } from "./platform/error-code.ts";
import type { Log } from "./platform/logger.ts";
import { nodeCrypto } from "./platform/node-crypto.ts";
import { NoticeBus } from "./platform/notices.ts";
import { PrivacySwitch } from "./privacy-switch.ts";

import { Outbox } from "./publisher/outbox.ts";
import { Publisher } from "./publisher/publisher.ts";
import { Recorder } from "./recorder/recorder.ts";
import { ControlSocket } from "./sensor/control-socket.ts";
import { makeDriver } from "./sensor/make-driver.ts";
import { Sensors } from "./sensor/sensors.ts";
import { Vault } from "./vault/vault.ts";

const DAY_MS = 86_400_000;
const CONTROL_SOCKET = "control.sock";
const PENDING_FILE = "pending.bin";
const LEDGER_FILE = "ledger.db";
const PRIVACY_FILE = "privacy";

/** The doorbell: builds every part, starts them in the order of the data flow, stops them in reverse. */
export class Device {
  #config: DoorwardConfig;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #bus: NoticeBus;
  readonly #stops: (() => Promise<void> | void)[] = [];
  #parts: Parts | null = null;

  constructor(config: DoorwardConfig, log: Log) {
    this.#config = config;
    this.#log = log;
    this.#clock = makeSystemClock(config.clock);
    this.#bus = new NoticeBus(log);
  }

  get notices(): NoticeBus {
    return this.#bus;
  }

  get clock(): Clock {
    return this.#clock;
  }

  /**
   * Settles when the vault is open, the sensors are armed and the link has been tried; a camera or broker that is not
   * there yet is no failure. @throws The first part's error; what had started is stopped then.
   */
  async start(signal: AbortSignal): Promise<void> {
    try {
      await this.#start(signal);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).toReversed()) {
      try {
        await stop();
      } catch (error) {
        this.#log.error("part did not stop cleanly", { error: codeOf(error) });
      }
    }
  }

  /** Takes over the settings that may change while the daemon runs. */
  reloaded({ config, changed }: Extract<Reload, { outcome: "changed" }>): void {
    const parts = this.#parts;
    if (parts === null) return;
    this.#config = config;
    parts.sensors.configureChime(config.sensor.chime);
    parts.vault.configure(config.storage);
    parts.desk.configure({ undoMs: config.sharing.undoWindowMs });
    if (changed.length > 0) parts.record({ kind: "config", at: this.#nowSeconds(), settings: changed.slice(0, 16) });
  }

  async #start(signal: AbortSignal): Promise<void> {
    const { dataDir } = this.#config;
    const keys = await loadDeviceKeys(dataDir);
    const signer = seedSigner(nodeCrypto, keys.seed.reveal());
    const driver = makeDriver(this.#config.sensor, { clock: this.#clock, log: this.#log });
    const sensors = new Sensors(this.#config.sensor, { driver, clock: this.#clock, bus: this.#bus, log: this.#log });
    // The bell rings and chimes before anything that a card, a camera or a network could hold up.
    await this.#started(sensors, signal);
    const vault = this.#vault(keys);
    await this.#started(vault, signal);
    const ledger = openLedger(join(dataDir, LEDGER_FILE));
    this.#stops.push(() => ledger.close());
    const privacy = new PrivacySwitch(join(dataDir, PRIVACY_FILE));
    await privacy.load();
    const parts = await this.#build({ keys, signer, vault, ledger, sensors, privacy });
    this.#parts = parts;
    this.#wire(parts);
    const control = new ControlSocket(join(dataDir, CONTROL_SOCKET), this.#log);
    serveControl(control, driver, parts.link);
    await this.#started(control, signal);
    this.#stops.push(() => parts.filming.settled()); // after the recorder's stop has ended what it records
    await this.#started(parts.recorder, signal);
    await this.#started(parts.link, signal);
    await this.#started(parts.desk, signal);
    this.#showMembers(parts);
  }

  #vault({ seed }: DeviceKeys): Vault {
    const { dataDir, storage } = this.#config;
    return new Vault(
      { dir: join(dataDir, "vault"), ...storage },
      { crypto: nodeCrypto, clock: this.#clock, log: this.#log, deviceSigningSeed: seed.reveal() },
    );
  }

  async #build(made: Made): Promise<Parts> {
    const { keys, signer, vault, ledger, privacy, sensors } = made;
    const { dataDir, broker, sharing, recorder: recorderConfig } = this.#config;
    const base = { crypto: nodeCrypto, clock: this.#clock, log: this.#log };
    const audit = new AuditLog(ledger, { ...base, signer });
    const record = (entry: AuditEntry): void => void audit.append(entry, readers());
    const link = new Link(await linkConfig(join(dataDir, "link"), broker), {
      ...base,
      deviceSigner: signer,
      eraseWraps: () => vault.eraseWraps(),
      onLinkChange: (state) => this.#bus.emit(state === "up" ? "linkUp" : "linkLost", {}),
      onPaired: (member) => record({ kind: "pairing", at: this.#nowSeconds(), member }),
      onPairingWindow: (state) => sensors.lights?.set("pairing", state === "open"),
      onHouseholdChange: (_view, change) => this.#householdChanged(change),
    });
    const readers = (): readonly DayPublicKey[] => link.dayKeys(this.#today(), this.#clock.synced());
    const outbox = new Outbox(ledger, nodeCrypto);
    const onDelivered = (token: Uint8Array): void => this.#bus.emit("shareDelivered", { token: toHex(token) });
    const publisher = new Publisher({
      ...base,
      vault,
      outbox,
      dial: dialOutsideBroker,
      deviceSeed: keys.seed,
      onDelivered,
    });
    const desk = new ConsentDesk(
      { device: keys.publicKey, pendingFile: join(dataDir, PENDING_FILE), undoMs: sharing.undoWindowMs },
      {
        ...base,
        household: () => link.view(),
        vault,
        ledger,
        audit,
        auditReaders: readers,
        accepted: outbox,
        publisher,
      },
    );
    const recorder: Recorder = new Recorder(recorderConfig, {
      ...base,
      notices: this.#bus,
      onMotion: () => filming.trigger("motion"),
    });
    await recorder.setPrivacy(privacy.on);
    const recipients = () => link.recipientsForClip(this.#today(), this.#clock.synced());
    const filming = new Filming({ ...base, notices: this.#bus, recorder, vault, recipients });
    return { vault, audit, record, link, desk, publisher, recorder, filming, privacy, sensors };
  }

  /** Who hears of what, and who may ask what. */
  #wire(parts: Parts): void {
    const { link, vault, desk, publisher, audit, recorder, filming, privacy, sensors, record } = parts;
    answerClipOps(link, vault);
    answerShareOps(link, { desk, publisher });
    const camera = (): "on" | "lost" | "privacy" => (privacy.on ? "privacy" : recorder.isReady ? "on" : "lost");
    const setPrivacy = async (on: boolean, member: Uint8Array): Promise<void> => {
      // The order of promises: off is on disk before the camera ends, on again only after it is on disk.
      await privacy.set(on);
      await recorder.setPrivacy(on);
      sensors.lights?.set("privacy", on);
      record({ kind: "privacy", at: this.#nowSeconds(), on, member });
      this.#bus.emit("privacyChanged", { on });
    };
    const retentionDays = (): number => this.#config.storage.retentionDays;
    answerDeviceOps(link, {
      name: this.#config.name,
      retentionDays,
      vault,
      audit,
      clock: this.#clock,
      camera,
      privacy,
      setPrivacy,
    });
    const bus = this.#bus;
    const { lights } = sensors;
    let openClips = 0;
    const showRecording = (change: 1 | -1): void => {
      openClips += change;
      lights?.recording(openClips > 0);
    };
    lights?.set("privacy", privacy.on);
    bus.on("ringPressed", ({ atMs }) => {
      link.notify("ring", { atMs });
      filming.trigger("ring");
    });
    bus.on("motionStarted", ({ source }) => {
      if (source === "pir") recorder.motionSensed();
    });
    bus.on("clipOpened", ({ clip, trigger }) => {
      showRecording(1);
      link.notify("clip-opened", { clip, trigger });
    });
    bus.on("clipSealed", ({ clip, closed }) => {
      showRecording(-1);
      link.notify("clip-sealed", { clip, closed });
    });
    bus.on("cameraLost", () => {
      lights?.set("camera-lost", true);
      link.notify("camera", { state: camera() });
    });
    bus.on("cameraBack", () => {
      lights?.set("camera-lost", false);
      link.notify("camera", { state: "on" });
    });
    bus.on("privacyChanged", () => link.notify("camera", { state: camera() }));
    bus.on("recordingRefused", ({ reason }) => link.notify("recording-refused", { reason }));
    bus.on("buttonStuck", ({ button }) => link.notify("button-stuck", { button }));
    bus.on("shareDelivered", ({ token }) => link.notify("share-delivered", { token }));
    bus.on("linkLost", () => lights?.set("link-lost", true));
    bus.on("linkUp", () => lights?.set("link-lost", false));
    bus.on("pairingRequested", async () => {
      if (link.view().members.length === 0) await link.startPairing();
    });
    bus.on("factoryResetRequested", async () => {
      await link.factoryReset();
      lights?.set("factory-reset", false);
      this.#log.warn("factory reset");
    });
  }

  #householdChanged(change: MemberChange | null): void {
    const parts = this.#parts;
    if (parts === null) return;
    if (change !== null) {
      const { state, member, role, quorum } = change;
      parts.record({ kind: "household", at: this.#nowSeconds(), state, member, role, quorum });
    }
    this.#showMembers(parts);
    parts.desk.householdChanged().catch((error: unknown) => {
      this.#log.error("consents not swept", { error: codeOf(error) });
    });
  }

  #showMembers({ link, sensors }: Parts): void {
    sensors.lights?.set("no-member", link.view().members.length === 0);
  }

  async #started<Part extends Startable>(part: Part, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#stops.push(() => part.stop());
    await part.start(signal);
  }

  #today(): number {
    return Math.floor(this.#clock.nowMs() / DAY_MS);
  }

  #nowSeconds(): number {
    return Math.floor(this.#clock.nowMs() / 1000);
  }
}

interface Startable {
  start(signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

interface Made {
  readonly keys: DeviceKeys;
  readonly signer: Signer;
  readonly vault: Vault;
  readonly ledger: Ledger;
  readonly sensors: Sensors;
  readonly privacy: PrivacySwitch;
}

interface Parts {
  readonly vault: Vault;
  readonly audit: AuditLog;
  readonly record: (entry: AuditEntry) => void;
  readonly link: Link;
  readonly desk: ConsentDesk;
  readonly publisher: Publisher;
  readonly recorder: Recorder;
  readonly filming: Filming;
  readonly privacy: PrivacySwitch;
  readonly sensors: Sensors;
}
