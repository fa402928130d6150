import { createHash, timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { equalBytes } from "../../protocol/bytes.ts";
import type { Json } from "../../protocol/canonical-json.ts";
import { MAX_CHANNEL_MESSAGE_BYTES } from "../../protocol/channel.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { linkLogin } from "../../protocol/link-login.ts";
import type { LinkMessage, LinkRequestMessage } from "../../protocol/link-message.ts";
import { type LinkKeys, PAIRING_SECRET_BYTES, PAIRING_WINDOW_SECONDS } from "../../protocol/pairing-handshake.ts";
import type { MemberChange } from "../../protocol/statements/member.ts";
import { webKey } from "../../protocol/web-token.ts";
import { makeDirectoryDurably } from "../platform/durable-file.ts";
import { codeOf } from "../platform/error-code.ts";
import { CounterFile } from "./counter-file.ts";
import { DropLog } from "./drop-log.ts";
import { LinkError } from "./errors.ts";
import { FirstPairing } from "./first-pairing.ts";
import { HomeBroker, type TopicRights } from "./home-broker.ts";
import { Household } from "./household.ts";
import { householdOps } from "./household-ops.ts";
import type {
  ClipRecipient,
  HouseholdView,
  LinkConfig,
  LinkPort,
  LinkPorts,
  PairingWindow,
  RequestHandler,
} from "./link-ports.ts";
import { MemberLink } from "./member-link.ts";
import { memberUrls } from "./member-urls.ts";
import { MqttSession } from "./mqtt-session.ts";
import { PacketTooLarge } from "./packet-limit.ts";
import { OpenPairingWindow } from "./pairing-window.ts";
import { Recovery } from "./recovery.ts";

/** A channel message and the MQTT header in front of it. */
export const MAX_PACKET_BYTES = MAX_CHANNEL_MESSAGE_BYTES + 256;
const BROKER_RETRY_MS = 30_000;
const NO_ATTACHMENT: Uint8Array = new Uint8Array();

/** The device's side of the link: broker, household, pairing, and a sealed channel to each member. */
export class Link implements LinkPort {
  readonly #config: LinkConfig;
  readonly #ports: LinkPorts;
  readonly #drops: DropLog;
  readonly #household: Household;
  readonly #counters: CounterFile;
  readonly #firstPairing: FirstPairing;
  readonly recovery: Recovery;
  readonly #broker: HomeBroker | null;
  readonly #session: MqttSession;
  readonly #handlers: Map<string, RequestHandler>;
  readonly #links = new Map<string, MemberLink>();
  readonly #stopped = new AbortController();
  #window: OpenPairingWindow | null = null;
  #cancelTimers: (() => void)[] = [];

  constructor(config: LinkConfig, ports: LinkPorts) {
    this.#config = config;
    this.#ports = ports;
    this.#drops = new DropLog(ports.clock, ports.log);
    this.#household = new Household(ports.crypto, join(config.dir, "household.json"), ports.deviceSigner.publicKey);
    this.recovery = new Recovery(join(config.dir, "recovery.json"), {
      ...ports,
      deviceKey: ports.deviceSigner.publicKey,
      household: this.#household,
      onStep: (step, member) => ports.onRecoveryStep?.(step, member),
      onRecovered: async () => {
        await this.#syncLinks();
        ports.onHouseholdChange?.(this.view(), null);
      },
    });
    this.#counters = new CounterFile(ports.crypto, ports.clock, join(config.dir, "link-counters.bin"));
    this.#firstPairing = new FirstPairing(ports.crypto, join(config.dir, "first-pairing.bin"));
    const dropped = (code: string): void => this.#drops.dropped(code);
    const { broker: where } = config;
    const limits = { maxPacketBytes: MAX_PACKET_BYTES };
    const login = (username: string, password: Uint8Array): TopicRights | null => this.#rightsOf(username, password);
    const brokerPorts = { crypto: ports.crypto, login, dropped };
    const broker = where.kind === "embedded" ? new HomeBroker({ ...where, ...limits }, brokerPorts) : null;
    this.#broker = broker;
    const target = where.kind === "external" ? where : { openStream: () => (broker as HomeBroker).openInside() };
    this.#session = new MqttSession(target, limits, {
      crypto: ports.crypto,
      onMessage: (topic, payload, retained) => this.#receive(topic, payload, retained),
      onUp: () => ports.onLinkChange?.("up"),
      onDown: () => ports.onLinkChange?.("down"),
      onError: (error) => dropped(error instanceof PacketTooLarge ? "link/oversized" : "link/broker-down"),
    });
    const changed = (change: MemberChange): Promise<void> => this.#householdChanged(change);
    const invite = (): Promise<PairingWindow> => this.#openWindow();
    const firstKeys = (memberKey: Uint8Array): void => ports.onFirstKeys?.(memberKey);
    this.#handlers = new Map(householdOps({ household: this.#household, invite, changed, firstKeys }));
  }

  /** Does not wait for the broker. @throws LinkError `link/household-damaged`; nothing is overwritten then. */
  async start(signal: AbortSignal): Promise<void> {
    await makeDirectoryDurably(this.#config.dir);
    await this.#household.load();
    if (!this.#household.isEmpty) await this.#firstPairing.forget();
    await this.recovery.start();
    await this.#counters.open();
    this.#counters.keepOnly(this.#household.links.map(({ toDeviceTopic }) => toDeviceTopic));
    signal.throwIfAborted();
    await this.#startBroker();
    await this.#syncLinks();
    this.#session.start();
  }

  async stop(): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    this.#stopped.abort();
    await this.recovery.stop();
    this.#window?.close();
    for (const cancel of this.#cancelTimers) cancel();
    await this.#session.stop();
    await this.#broker?.stop();
    await this.#counters.close();
  }

  onRequest(op: string, handler: RequestHandler): void {
    if (this.#handlers.has(op)) throw new TypeError(`${op} has a handler already`);
    this.#handlers.set(op, handler);
  }

  /** Port of the embedded broker, also when the configuration left it to the system. */
  get brokerPort(): number | null {
    return this.#broker?.port ?? null;
  }

  /** Serves a member's stream that came another way, such as a WebSocket; null where the broker is elsewhere. */
  get acceptMember(): ((stream: Duplex, address: string) => void) | null {
    const broker = this.#broker;
    return broker && ((stream, address) => broker.accept(stream, address));
  }

  get state(): "up" | "down" {
    return this.#session.up ? "up" : "down";
  }

  notify(notice: string, fields: Readonly<Record<string, Json>>, attachment = NO_ATTACHMENT): void {
    const message: LinkMessage = { kind: "notice", notice, fields, attachment };
    if (this.state === "down") return;
    for (const link of this.#links.values()) {
      if (this.#memberOf(link.signKey) !== undefined) this.#background(link.send(message));
    }
  }

  get canRecover(): boolean {
    return this.recovery.isRegistered;
  }

  /** Whether a notice may reach this member now; a broker elsewhere does not say. */
  mayListen(memberKey: Uint8Array): boolean {
    const link = [...this.#links].find(([, { signKey }]) => equalBytes(signKey, memberKey));
    return this.#broker === null || (link !== undefined && this.#broker.isConnected(link[0]));
  }

  /** The key of a member's tokens for the web server; null for whoever is no member. */
  webKeyOf(memberKey: Uint8Array): Uint8Array | null {
    if (this.#memberOf(memberKey) === undefined) return null;
    const stored = this.#household.links.find(({ signKey }) => equalBytes(signKey, memberKey));
    return stored === undefined ? null : webKey(this.#ports.crypto, stored.toDeviceKey);
  }

  view(): HouseholdView {
    return this.#household.view();
  }

  recipientsForClip(nowDay: number, clockSynced: boolean): Promise<readonly ClipRecipient[]> {
    return this.#household.recipientsForClip(nowDay, clockSynced);
  }

  dayKeys(nowDay: number, clockSynced: boolean): readonly ClipRecipient[] {
    return this.#household.dayKeys(nowDay, clockSynced);
  }

  async startPairing(): Promise<PairingWindow> {
    // Held by somebody inside; it lets nobody in, but a phone with the recovery words may claim.
    if (!this.#household.isEmpty && !this.recovery.isRegistered)
      throw new LinkError("link/household-exists", "the device has an owner");
    return this.#openWindow();
  }

  async factoryReset(): Promise<void> {
    this.#window?.close();
    await this.#firstPairing.forget();
    await this.#household.reset();
    await this.recovery.clear();
    await this.#syncLinks();
    await this.#ports.eraseWraps();
    this.#ports.onHouseholdChange?.(this.view(), null);
  }

  async #startBroker(): Promise<void> {
    if (this.#broker === null || this.#stopped.signal.aborted) return;
    try {
      await this.#broker.start();
    } catch (error) {
      // The bell, and recording, must not wait for a port that another program holds.
      if (!(error instanceof LinkError)) throw error;
      this.#ports.log.error("home broker cannot listen", { code: error.code });
      const retry = (): void => this.#background(this.#startBroker());
      this.#cancelTimers = [this.#ports.clock.after(BROKER_RETRY_MS, retry)];
    }
  }

  async #openWindow(): Promise<PairingWindow> {
    const webUrls = (await this.#ports.webUrls?.()) ?? [];
    const isFirst = this.#household.isEmpty && !this.recovery.isRegistered;
    const secret = isFirst ? await this.#firstPairing.secret() : this.#ports.crypto.randomBytes(PAIRING_SECRET_BYTES);
    this.#window?.close();
    const closesAfterMs = this.#config.pairingWindowMs ?? PAIRING_WINDOW_SECONDS * 1000;
    const window: OpenPairingWindow = new OpenPairingWindow(
      memberUrls(this.#config.broker, this.brokerPort ?? 0, webUrls),
      secret,
      {
        crypto: this.#ports.crypto,
        deviceSigner: this.#ports.deviceSigner,
        dropped: (code) => this.#drops.dropped(code),
        publish: (topic, payload) => this.#session.publish(topic, payload),
        paired: (memberKey, keys) => this.#paired(memberKey, keys),
        closed: () => {
          cancel();
          if (this.#window === window) this.#window = null;
          this.#background(this.#unsubscribe(window.topics.toDevice));
          this.#ports.onPairingWindow?.("closed");
        },
      },
    );
    const cancel = this.#ports.clock.after(closesAfterMs, () => window.close());
    this.#window = window;
    await this.#session.subscribe(window.topics.toDevice);
    this.#ports.onPairingWindow?.("open");
    return { qrText: window.qrText, closesAfterMs };
  }

  /** Not while a window that was opened at once goes on with the same topic. */
  async #unsubscribe(topic: string): Promise<void> {
    await Promise.resolve();
    if (this.#window?.topics.toDevice !== topic) await this.#session.unsubscribe(topic);
  }

  async #paired(memberKey: Uint8Array, keys: LinkKeys): Promise<Uint8Array | null> {
    let role: "owner" | "waiting";
    try {
      await this.#counters.add(keys.toDeviceTopic);
      role = await this.#household.pair(memberKey, keys);
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      this.#drops.dropped(error.code);
      return null;
    } finally {
      await this.#syncLinks();
    }
    // Should that fail, the next start does it; no window takes the secret while there are members.
    this.#background(this.#firstPairing.forget());
    this.#ports.onPaired?.(memberKey);
    if (role === "owner") this.#ports.onHouseholdChange?.(this.view(), null);
    else this.notify("member-waiting", {});
    const link = [...this.#links.values()].find(({ signKey }) => equalBytes(signKey, memberKey));
    const fields = { role };
    return (await link?.seal({ kind: "notice", notice: "paired", fields, attachment: NO_ATTACHMENT })) ?? null;
  }

  async #householdChanged(change: MemberChange): Promise<void> {
    await this.recovery.householdChanged();
    await this.#syncLinks();
    this.#ports.onHouseholdChange?.(this.view(), change);
    this.notify("household-changed", { state: change.state });
  }

  /** Makes the open channels those of the household: new links begin, links of removed members end at once. */
  async #syncLinks(): Promise<void> {
    const stored = this.#household.links;
    const wanted = new Map(stored.map((member) => [linkLogin(this.#ports.crypto, member).username, member]));
    for (const [topic, link] of this.#links) {
      if (wanted.has(topic)) continue;
      this.#links.delete(topic);
      this.#broker?.disconnect(topic);
      this.#background(this.#session.unsubscribe(link.topics.toDevice));
    }
    this.#counters.keepOnly(stored.map(({ toDeviceTopic }) => toDeviceTopic));
    for (const [topic, member] of wanted) {
      if (this.#links.has(topic)) continue;
      if (!this.#counters.has(member.toDeviceTopic)) {
        this.#ports.log.error("member has no counters", { code: "link/counters-damaged" });
        continue;
      }
      const link = new MemberLink(member, {
        crypto: this.#ports.crypto,
        clock: this.#ports.clock,
        counters: this.#counters,
        publish: (to, payload) => this.#session.publish(to, payload),
        dropped: (code) => this.#drops.dropped(code),
        answer: (signKey, request) => this.#answer(signKey, request),
      });
      this.#links.set(topic, link);
      await this.#session.subscribe(link.topics.toDevice);
    }
  }

  #rightsOf(username: string, password: Uint8Array): TopicRights | null {
    const window = this.#window;
    if (window !== null && window.login.username === username && isPassword(window.login.password, password)) {
      return { publish: [window.topics.toDevice], subscribe: [window.topics.toMember] };
    }
    const member = this.#household.links.find(
      (candidate) => linkLogin(this.#ports.crypto, candidate).username === username,
    );
    if (member === undefined || !isPassword(linkLogin(this.#ports.crypto, member).password, password)) return null;
    const topics = this.#links.get(username)?.topics;
    return topics === undefined ? null : { publish: [topics.toDevice], subscribe: [topics.toMember] };
  }

  #receive(topic: string, payload: Uint8Array, retained: boolean): void {
    const link = this.#links.get(topic);
    if (retained) this.#drops.dropped("link/retained");
    else if (payload.length > MAX_CHANNEL_MESSAGE_BYTES) this.#drops.dropped("link/oversized");
    else if (link !== undefined) this.#background(link.receive(payload));
    else if (topic === this.#window?.topics.toDevice) this.#background(this.#window.receive(payload));
    else this.#drops.dropped("link/pairing-closed");
  }

  async #answer(signKey: Uint8Array, request: LinkRequestMessage): Promise<LinkMessage | null> {
    const isClaim = request.op === "recovery-claim";
    const member = this.#memberOf(signKey) ?? (isClaim ? ({ signKey, role: "viewer" } as const) : undefined);
    const handler = this.#handlers.get(request.op);
    if (member === undefined || handler === undefined) {
      this.#drops.dropped(member === undefined ? "link/not-admitted" : "link/unknown-op");
      return null;
    }
    const { op, args, attachment, id } = request;
    try {
      const answer = await handler({ op, args, attachment, member }, this.#stopped.signal);
      if ("result" in answer) {
        return { kind: "response", id, result: answer.result, attachment: answer.attachment ?? NO_ATTACHMENT };
      }
      this.#drops.dropped(answer.rejected);
    } catch (error) {
      if (error instanceof ProtocolError) this.#drops.dropped("link/malformed");
      else this.#ports.log.error("request failed", { op, code: "link/handler-failed", cause: codeOf(error) });
    }
    return null;
  }

  #memberOf(signKey: Uint8Array) {
    return this.view().members.find((member) => equalBytes(member.signKey, signKey));
  }

  #background(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#ports.log.error("link work failed", { code: codeOf(error) }));
  }
}

const digestOf = (bytes: string | Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

function isPassword(expected: string, given: Uint8Array): boolean {
  return timingSafeEqual(digestOf(expected), digestOf(given));
}
