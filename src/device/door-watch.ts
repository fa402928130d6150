import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { AuditEntry } from "../protocol/audit-chain.ts";
import { equalBytes, toHex } from "../protocol/bytes.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { seedSigner } from "../protocol/envelope.ts";
import type { OwnerSettings } from "../protocol/link-ops.ts";
import type { MemberChange } from "../protocol/statements/member.ts";
import { AuditLog, type DayPublicKey } from "./audit/audit-log.ts";
import { openLedger } from "./audit/ledger.ts";
import type { DoorwardConfig } from "./config/config.ts";
import type { Reload } from "./config/reload-config.ts";
import { ConsentDesk } from "./consent/consent-desk.ts";
import type { DeviceKeys } from "./device-keys.ts";
import { wireDoorNotices } from "./door-notices.ts";
import { Filming } from "./filming.ts";
import { Link, MAX_PACKET_BYTES } from "./link/link.ts";
import { dialOutsideBroker } from "./link/outside-broker.ts";
import type { RecoveryStep } from "./link/recovery.ts";
import { linkConfig } from "./link-config.ts";
import { LiveDesk } from "./live/live-desk.ts";
import { wedgedPart } from "./liveness.ts";
import type { HttpGet } from "./mirror/http-get.ts";
import { Mirror } from "./mirror/mirror.ts";
import { answerClipOps } from "./ops/clip-ops.ts";
import { answerDeviceOps } from "./ops/device-ops.ts";
import { answerLiveOps } from "./ops/live-ops.ts";
import { answerPushOps } from "./ops/push-ops.ts";
import { answerRecoveryOps } from "./ops/recovery-ops.ts";
import { answerRegisterOps } from "./ops/register-ops.ts";
import { answerRingOps } from "./ops/ring-ops.ts";
import { answerSettingsOps } from "./ops/settings-ops.ts";
import { answerShareOps } from "./ops/share-ops.ts";
import { answerWebOps, servedClips } from "./ops/web-ops.ts";
import { changedSettings, OwnerSettingsFile, settingsOf } from "./owner-settings.ts";
import type { Clock } from "./platform/clock.ts";
import { codeOf } from "./platform/error-code.ts";
import type { Log } from "./platform/logger.ts";
import type { NoticeBus } from "./platform/notices.ts";
import { PrivacySwitch } from "./privacy-switch.ts";
import { Outbox } from "./publisher/outbox.ts";
import { Publisher } from "./publisher/publisher.ts";
import type { Push } from "./push/push.ts";
import { Recorder } from "./recorder/recorder.ts";
import { RETRY_MS, RetriedPart, type Startable } from "./retried-part.ts";
import { RingCalls } from "./ring-calls.ts";
import type { Lights } from "./sensor/lights.ts";
import type { ChimeConfig } from "./sensor/sensor-config.ts";
import { startFailure } from "./start-failure.ts";
import { Vault } from "./vault/vault.ts";
import { MemberSessions, SESSION_MS } from "./web/member-sessions.ts";
import type { WebServer } from "./web/web-server.ts";

const DAY_MS = 86_400_000;
const PENDING_FILE = "pending.bin";
const LEDGER_FILE = "ledger.db";
const PRIVACY_FILE = "privacy";
const MIRROR_DIR = "mirror";
const WEB_DIR = "web";
/** Beside the bundled program, where the build puts it. */
const LIVE_PROGRAM = fileURLToPath(new URL("live-child.mjs", import.meta.url));
const SETTINGS_FILE = "settings.json";

export interface DoorWatchPorts {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly log: Log;
  readonly bus: NoticeBus;
  readonly keys: DeviceKeys;
  readonly lights: Lights | undefined;
  /** A factory reset was asked for while nothing but the bell worked: it is done before the household is read. */
  readonly resetFirst: boolean;
  readonly configureChime: (chime: ChimeConfig) => void;
}

/** All that a doorbell does beyond ringing: recording, sealing, its members, shares. Everything in it needs the card. */
export class DoorWatch implements Startable {
  /** As the file says. */
  #fileConfig: DoorwardConfig;
  /** As it holds: the file's, and above it what an owner set. */
  #config: DoorwardConfig;
  readonly #settings: OwnerSettingsFile;
  readonly #ports: DoorWatchPorts;
  readonly #stops: (() => Promise<void> | void)[] = [];
  #built: Parts | null = null;
  #web: RetriedPart<WebServer> | null = null;
  #push: Push | null = null;
  /** Settles when web server and push have been tried. */
  #openedToPhones: Promise<void> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor(config: DoorwardConfig, ports: DoorWatchPorts) {
    this.#fileConfig = config;
    this.#config = config;
    this.#ports = ports;
    this.#settings = new OwnerSettingsFile(join(config.dataDir, SETTINGS_FILE));
  }

  /**
   * Settles when clips can be kept and the link has been tried; a camera or broker that is not there yet is no failure.
   * @throws The first part's error; its files are as they were. {@link stop} ends what had started.
   */
  async start(signal: AbortSignal): Promise<void> {
    const { lights, resetFirst } = this.#ports;
    await this.#loadSettings();
    const parts = await this.#build(signal);
    this.#built = parts;
    const { link, filming, recorder, privacy, sharing, mirror, live } = parts;
    this.#answer(parts);
    this.#answerRings(parts);
    const camera = (): CameraState => cameraState(parts);
    this.#stops.push(wireDoorNotices({ ...this.#ports, link, filming, recorder, camera }));
    lights?.set("privacy", privacy.on);
    if (resetFirst) await link.factoryReset();
    await this.#started(link, signal);
    this.#stops.push(() => filming.settled()); // after the recorder's stop has ended what it records
    await this.#started(sharing, signal);
    await this.#started(mirror, signal);
    // After what is quick: from here on the camera's ffmpeg wants the processor too.
    await this.#started(recorder, signal);
    await this.#started(live, signal);
    this.#showMembers(parts);
  }

  /**
   * Begins what only phones need, once the door is watched: web server and push are more code than all the rest, and a
   * visitor who rings during a start should not wait for it. A failure is told and costs nothing else.
   */
  openToPhones(): void {
    const { signal } = this.#closing;
    this.#openedToPhones = this.#startForPhones(this.#parts, signal).catch((error: unknown) => {
      if (signal.aborted) return;
      const { code, todo } = startFailure(error);
      this.#ports.log.error("nothing for phones", { code, todo });
    });
    this.#stops.push(() => this.#openedToPhones);
  }

  async stop(): Promise<void> {
    this.#closing.abort();
    // One by one: what is still being started when this begins adds its own end.
    for (let stop = this.#stops.pop(); stop !== undefined; stop = this.#stops.pop()) {
      try {
        await stop();
      } catch (error) {
        this.#ports.log.error("part did not stop cleanly", { error: codeOf(error) });
      }
    }
  }

  get link(): Link {
    return this.#parts.link;
  }

  /** Where the app is opened; null while there is no web server. */
  get webOrigin(): string | null {
    return this.#web?.part?.origin ?? null;
  }

  /** Once started. */
  isAlive(): boolean {
    const { recorder, filming } = this.#parts;
    const wedged = wedgedPart({ recorderSilentMs: recorder.silentMs, cardSilentMs: filming.cardSilentMs });
    if (wedged !== null) this.#ports.log.error("no sign of life", { part: wedged });
    return wedged === null;
  }

  /** Takes over the settings that may change while the daemon runs. */
  reloaded({ config, changed }: Extract<Reload, { outcome: "changed" }>): void {
    this.#fileConfig = config;
    this.#apply();
    void this.#web?.part?.lookAtCertificate();
    if (changed.length > 0) {
      this.#parts.record({ kind: "config", at: this.#nowSeconds(), settings: changed.slice(0, 16) });
    }
  }

  async #loadSettings(): Promise<void> {
    if ((await this.#settings.load()) === "damaged") {
      this.#ports.log.error("settings set aside");
    }
    this.#config = this.#settings.over(this.#fileConfig);
    this.#ports.configureChime(this.#config.sensor.chime);
  }

  /** Takes over whatever may change while the daemon runs. */
  #apply(): void {
    const { vault, desk } = this.#parts;
    this.#config = this.#settings.over(this.#fileConfig);
    vault.configure(this.#config.storage);
    desk.configure({ undoMs: this.#config.sharing.undoWindowMs });
    this.#ports.configureChime(this.#config.sensor.chime);
  }

  async #changeSettings(next: OwnerSettings): Promise<void> {
    const settings = changedSettings(settingsOf(this.#config), next);
    if (settings.length === 0) return;
    await this.#settings.set(next);
    this.#apply();
    this.#parts.record({ kind: "config", at: this.#nowSeconds(), settings });
    this.#parts.link.notify("settings", {});
  }

  async #build(signal: AbortSignal): Promise<Parts> {
    const { keys, bus, lights, ...base } = this.#ports;
    const { crypto, clock } = base;
    const { dataDir, storage, broker, sharing: sharingConfig, recorder: recorderConfig } = this.#config;
    const signer = seedSigner(crypto, keys.seed.reveal());
    const vault = new Vault(
      { dir: join(dataDir, "vault"), ...storage },
      { ...base, deviceSigningSeed: keys.seed.reveal() },
    );
    await this.#started(vault, signal);
    const ledger = openLedger(join(dataDir, LEDGER_FILE), clock);
    this.#stops.push(() => ledger.close());
    const audit = new AuditLog(ledger, { ...base, signer });
    const record = (entry: AuditEntry): void => void audit.append(entry, readers());
    const privacy = new PrivacySwitch(join(dataDir, PRIVACY_FILE));
    await privacy.load();
    const { pairingWindowMs } = this.#config;
    const link = new Link(
      { ...(await linkConfig(join(dataDir, "link"), broker)), pairingWindowMs },
      {
        ...base,
        deviceSigner: signer,
        eraseWraps: async () => {
          await vault.eraseWraps();
          await this.#settings.clear();
          this.#apply();
        },
        onLinkChange: (state) => bus.emit(state === "up" ? "linkUp" : "linkLost", {}),
        onPaired: (member) => record({ kind: "pairing", at: this.#nowSeconds(), member }),
        // The first phone's pairing was written before it had keys that it could be sealed to.
        onFirstKeys: (member) => record({ kind: "pairing", at: this.#nowSeconds(), member }),
        webUrls: async () => {
          await this.#openedToPhones; // a code that is shown right after a start names them too
          return this.#web?.part?.memberUrls ?? [];
        },
        onRecoveryStep: (step, member) => this.#recoveryStep(step, member),
        onPairingWindow: (state) => lights?.set("pairing", state === "open"),
        onHouseholdChange: (_view, change) => this.#householdChanged(change),
      },
    );
    const readers = (): readonly DayPublicKey[] => link.dayKeys(this.#today(), base.clock.synced());
    const outbox = new Outbox(ledger, crypto);
    const publisher = new Publisher({
      ...base,
      vault,
      outbox,
      dial: (inbox, dialling) => dialOutsideBroker(inbox, dialling, crypto),
      deviceSeed: keys.seed,
      onDelivered: (token) => bus.emit("shareDelivered", { token: toHex(token) }),
    });
    const desk = new ConsentDesk(
      { device: keys.publicKey, pendingFile: join(dataDir, PENDING_FILE), undoMs: sharingConfig.undoWindowMs },
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
    const sharing = new RetriedPart({ ...base, make: () => desk, onFailed: (error) => this.#cannotShare(error) });
    const recorder: Recorder = new Recorder(recorderConfig, {
      ...base,
      notices: bus,
      onMotion: () => filming.trigger("motion"),
    });
    await recorder.setPrivacy(privacy.on);
    const recipients = () => link.recipientsForClip(this.#today(), base.clock.synced());
    const filming: Filming = new Filming({
      ...base,
      notices: bus,
      recorder,
      vault,
      recipients,
      onRingPicture: (clip, atMs, picture) => link.notify("ring-snapshot", { clip, atMs: Math.round(atMs) }, picture),
    });
    const { follow, ...mirroring } = this.#config.registers;
    const mirror = new Mirror(
      { dir: join(dataDir, MIRROR_DIR), registers: follow, ...mirroring },
      { ...base, get: fetchFile, deviceSeed: keys.seed.reveal() },
    );
    const live = new LiveDesk(this.#config.live, {
      ...base,
      notices: bus,
      deviceSigner: signer,
      camera: () => cameraState({ privacy, recorder }),
      streamSocket: recorder.liveSocketPath,
      program: LIVE_PROGRAM,
      watched: (member, seconds) => record({ kind: "live-session", at: this.#nowSeconds(), member, seconds }),
    });
    return { live, vault, audit, record, link, desk, sharing, publisher, recorder, filming, privacy, mirror };
  }

  async #startForPhones(parts: Parts, signal: AbortSignal): Promise<void> {
    await nextTurn(); // systemd is told that the door is watched before all that code is read
    signal.throwIfAborted();
    if (this.#config.web.on) await this.#startWeb(parts, signal);
    if (this.#config.push.on) await this.#startPush(parts, signal);
  }

  /** Without it phones ring only while their app is open: no reason to keep the rest from starting. */
  async #startPush({ link }: Parts, signal: AbortSignal): Promise<void> {
    const { Push } = await import("./push/push.ts");
    const push = new Push(join(this.#config.dataDir, WEB_DIR), this.#config.push, this.#ports);
    try {
      await this.#started(push, signal);
      await push.householdChanged(link.view().members.map(({ signKey }) => signKey));
    } catch (error) {
      if (signal.aborted) return;
      const { code, todo } = startFailure(error);
      this.#ports.log.error("no push", { code, todo });
      return;
    }
    answerPushOps(link, push);
    this.#push = push;
  }

  async #startWeb({ link, vault }: Parts, signal: AbortSignal): Promise<void> {
    const { WebServer } = await import("./web/web-server.ts"); // much code, which a doorbell without it need not read
    const { clock, log, crypto } = this.#ports;
    const sessions = new MemberSessions({ crypto, clock, webKeyOf: (member) => link.webKeyOf(member) });
    answerWebOps(link, { sessions, sessionMs: SESSION_MS });
    const { web: config, broker } = this.#config;
    const brokerUrls = broker.kind === "external" ? [broker.url, ...broker.memberUrls] : broker.memberUrls;
    const ports = {
      clock,
      log,
      appDir: config.appDir ?? fileURLToPath(new URL("../app", import.meta.url)),
      dir: join(this.#config.dataDir, WEB_DIR),
      clips: servedClips(vault),
      sessions,
      acceptMember: link.acceptMember,
      maxPacketBytes: MAX_PACKET_BYTES,
      brokerOrigins: brokerUrls.filter((url) => /^wss?:/.test(url)).map((url) => new URL(url).origin),
    };
    const web = new RetriedPart<WebServer>({
      clock,
      make: () => new WebServer(config, ports),
      onFailed: (error) => {
        const { code, todo } = startFailure(error);
        log.error("no web server", { code, todo, retryMs: RETRY_MS });
      },
    });
    this.#web = web;
    await this.#started(web, signal);
  }

  #answerRings({ link }: Parts): void {
    const calls = new RingCalls({
      clock: this.#ports.clock,
      members: () => link.view().members.map(({ signKey }) => signKey),
      isListening: (member) => link.mayListen(member),
      wake: (member) => this.#push?.wake(member),
    });
    this.#stops.push(
      this.#ports.bus.on("ringPressed", async () => {
        await nextTurn(); // whom the message reaches need not be woken, and it goes first
        calls.rang();
      }),
      () => calls.stop(),
    );
    answerRingOps(link, calls);
  }

  /** What members may ask. */
  #answer(parts: Parts): void {
    const { link, vault, desk, publisher, audit, recorder, privacy, record, mirror, live } = parts;
    const { clock, bus } = this.#ports;
    answerClipOps(link, vault);
    answerShareOps(link, { desk, publisher });
    answerRegisterOps(link, mirror);
    answerLiveOps(link, live);
    answerRecoveryOps(link, link.recovery);
    answerSettingsOps(link, {
      current: () => settingsOf(this.#config),
      canPush: () => this.#push !== null,
      change: (next) => this.#changeSettings(next),
    });
    answerDeviceOps(link, {
      name: () => this.#config.name,
      retentionDays: () => this.#config.storage.retentionDays,
      vault,
      audit,
      clock,
      camera: () => cameraState(parts),
      privacy,
      setPrivacy: async (on, member) => {
        // The order of promises: off is on disk before the camera ends, on again only after it is on disk.
        await privacy.set(on);
        if (on) await live.endAll();
        await recorder.setPrivacy(on);
        bus.emit("privacyChanged", { on });
        record({ kind: "privacy", at: this.#nowSeconds(), on, member });
      },
    });
  }

  /** Everybody who could say no has to hear of a claim: by light, over the link, and by a wake-up. */
  #recoveryStep(step: RecoveryStep, member: Uint8Array): void {
    const { link, record } = this.#parts;
    const { claim } = link.recovery;
    this.#ports.lights?.set("recovery-claim", claim !== null);
    if (step !== "waiting" && step !== "proposed") record({ kind: "recovery", at: this.#nowSeconds(), step, member });
    link.notify("recovery", { step, remainingMs: claim?.remainingMs ?? 0 });
    if (step !== "claimed" && step !== "waiting") return;
    for (const { signKey } of link.view().members) this.#push?.wake(signKey);
  }

  #householdChanged(change: MemberChange | null): void {
    const { record, desk, sharing, live, link } = this.#parts;
    const isMember = (key: Uint8Array): boolean => link.view().members.some(({ signKey }) => equalBytes(signKey, key));
    void live.endAll((member) => !isMember(member));
    if (change !== null) {
      const { state, member, role, quorum } = change;
      record({ kind: "household", at: this.#nowSeconds(), state, member, role, quorum });
    }
    this.#showMembers(this.#parts);
    const members = this.#parts.link.view().members.map(({ signKey }) => signKey);
    this.#push?.householdChanged(members).catch((error: unknown) => {
      this.#ports.log.error("push subscriptions not written", { code: codeOf(error) });
    });
    if (sharing.part === null) return; // it sweeps when it starts
    desk.householdChanged().catch((error: unknown) => {
      this.#ports.log.error("consents not swept", { error: codeOf(error) });
    });
  }

  #showMembers({ link }: Parts): void {
    this.#ports.lights?.set("recovery-claim", link.recovery.claim !== null);
    this.#ports.lights?.set("no-member", link.view().members.length === 0);
  }

  #cannotShare(error: unknown): void {
    const { code, todo } = startFailure(error);
    this.#ports.log.error("nothing can be shared", { code, todo, retryMs: RETRY_MS });
  }

  async #started(part: Startable, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#stops.push(() => part.stop());
    await part.start(signal);
  }

  get #parts(): Parts {
    if (this.#built === null) throw new TypeError("not started");
    return this.#built;
  }

  #today(): number {
    return Math.floor(this.#ports.clock.nowMs() / DAY_MS);
  }

  #nowSeconds(): number {
    return Math.floor(this.#ports.clock.nowMs() / 1000);
  }
}

/** HTTP is code that nothing else needs until the first register is fetched. */
const fetchFile: HttpGet = async (...file) => (await import("./mirror/http-get.ts")).httpGet(...file);

type CameraState = "on" | "lost" | "privacy";

function cameraState({ privacy, recorder }: Pick<Parts, "privacy" | "recorder">): CameraState {
  if (privacy.on) return "privacy";
  return recorder.isReady ? "on" : "lost";
}

interface Parts {
  readonly live: LiveDesk;
  readonly vault: Vault;
  readonly audit: AuditLog;
  readonly record: (entry: AuditEntry) => void;
  readonly link: Link;
  readonly desk: ConsentDesk;
  /** Clips are recorded even while a damaged pending store keeps the desk from starting. */
  readonly sharing: RetriedPart<ConsentDesk>;
  readonly publisher: Publisher;
  readonly recorder: Recorder;
  readonly filming: Filming;
  readonly privacy: PrivacySwitch;
  readonly mirror: Mirror;
}
