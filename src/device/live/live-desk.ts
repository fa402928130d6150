import { equalBytes, fromUtf8, toHex, utf8 } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { readStatement, type Signer } from "../../protocol/envelope.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { openLiveAnswer, type SignedDescription, signLiveOffer } from "../../protocol/live.ts";
import { liveOfferStatement } from "../../protocol/statements/live-offer.ts";
import type { Cancel, Clock } from "../platform/clock.ts";
import { codeOf } from "../platform/error-code.ts";
import type { Log } from "../platform/logger.ts";
import type { NoticeBus } from "../platform/notices.ts";
import { LiveError } from "./errors.ts";
import { type IceServer, iceServersOf } from "./ice-servers.ts";
import type { LiveConfig } from "./live-config.ts";
import type { EngineName } from "./live-peer.ts";
import { LiveView } from "./live-view.ts";

/** A board has no strength for more; each member may have two phones open. */
const MOST_VIEWS = 4;
const MOST_VIEWS_OF_A_MEMBER = 2;
const ANSWER_WITHIN_MS = 30_000;
const CONNECT_WITHIN_MS = 20_000;
/** As much as a board can decode and encode again beside its recording. */
const TRANSCODED_SIZE = { width: 640, height: 360 };

export interface LivePorts {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly log: Log;
  readonly notices: Pick<NoticeBus, "emit">;
  readonly deviceSigner: Signer;
  readonly camera: () => "on" | "lost" | "privacy";
  /** Writes the audit row of a view that was seen. */
  readonly watched: (member: Uint8Array, seconds: number) => void;
  /** Where the recorder gives the encoded stream: MPEG-TS from the next key frame on. */
  readonly streamSocket: string;
  /** The child program's file. */
  readonly program: string;
}

export interface LiveWish {
  readonly member: Uint8Array;
  /** What the member's browser can show. */
  readonly codecs: readonly ("h264" | "vp8")[];
  readonly sound: boolean;
}

export type LiveStart =
  | { readonly refused: "privacy" | "camera-lost" | "busy" | "no-engine" | "off" }
  | { readonly session: Uint8Array; readonly offer: SignedDescription; readonly iceServers: readonly IceServer[] };

interface Session {
  readonly id: Uint8Array;
  readonly member: Uint8Array;
  readonly sound: boolean;
  readonly view: LiveView;
  offerDigest: Uint8Array | null;
  isAnswered: boolean;
  connectedAtMs: number | null;
  cancelDeadline: Cancel;
}

/** Who may watch now, and who does. The lights are lit before the first picture leaves and go dark when the process is gone. */
export class LiveDesk {
  readonly #config: LiveConfig;
  readonly #ports: LivePorts;
  readonly #sessions = new Map<string, Session>();
  #isOpen = false;

  constructor(config: LiveConfig, ports: LivePorts) {
    this.#config = config;
    this.#ports = ports;
  }

  start(): Promise<void> {
    this.#isOpen = true;
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#isOpen = false;
    await this.endAll();
  }

  /** Privacy mode, a removed member, a reset: settles when nobody watches any more. */
  async endAll(whose: (member: Uint8Array) => boolean = () => true): Promise<void> {
    const ending = [...this.#sessions.values()].filter(({ member }) => whose(member));
    await Promise.all(ending.map(({ view }) => view.close()));
  }

  async begin({ member, codecs, sound }: LiveWish): Promise<LiveStart> {
    const refused = this.#refusal(member);
    if (refused !== null) return { refused };
    const id = this.#ports.crypto.randomBytes(16);
    const name = toHex(id);
    const iceServers = await this.#iceServers(name);
    const engine: EngineName = codecs.includes("h264") ? "werift" : "node-webrtc";
    const { ffmpegPath, speaker } = this.#config;
    const { streamSocket } = this.#ports;
    const plan = { streamSocket, ffmpegPath, speaker, sound, iceServers, transcodedSize: TRANSCODED_SIZE };
    const view = new LiveView(this.#ports.program, plan, engine, {
      connected: () => this.#connected(session),
      ended: (error) => this.#ended(name, session, error),
    });
    const session: Session = {
      id,
      member,
      sound,
      view,
      offerDigest: null,
      isAnswered: false,
      connectedAtMs: null,
      cancelDeadline: this.#deadline(ANSWER_WITHIN_MS, view),
    };
    this.#sessions.set(name, session);
    this.#ports.notices.emit("liveBegan", { sound });
    try {
      const sdp = await view.offer();
      const offer = await signLiveOffer(this.#ports.crypto, this.#ports.deviceSigner, { member, session: id }, sdp);
      session.offerDigest = readStatement(this.#ports.crypto, liveOfferStatement, offer.statement).digest;
      return { session: id, offer, iceServers };
    } catch (error) {
      await view.close();
      if (!(error instanceof LiveError) && !(error instanceof ProtocolError)) throw error;
      return { refused: "no-engine" };
    }
  }

  /** @throws ProtocolError when the answer is not this member's own; the view ends then. */
  async answer(member: Uint8Array, session: Uint8Array, answer: SignedDescription): Promise<void> {
    const found = this.#of(member, session);
    if (found === null || found.offerDigest === null || found.isAnswered) return;
    found.isAnswered = true; // one answer, right or wrong
    const device = this.#ports.deviceSigner.publicKey;
    try {
      openLiveAnswer(this.#ports.crypto, answer, member, { device, session, offer: found.offerDigest });
    } catch (error) {
      await found.view.close();
      throw error;
    }
    found.cancelDeadline();
    found.cancelDeadline = this.#deadline(CONNECT_WITHIN_MS, found.view);
    found.view.accept(answer.sdp);
  }

  async end(member: Uint8Array, session: Uint8Array): Promise<void> {
    await this.#of(member, session)?.view.close();
  }

  #refusal(member: Uint8Array): Extract<LiveStart, { refused: unknown }>["refused"] | null {
    if (!this.#config.on || !this.#isOpen) return "off";
    const camera = this.#ports.camera();
    if (camera === "privacy") return "privacy";
    if (camera === "lost") return "camera-lost";
    const own = [...this.#sessions.values()].filter((session) => equalBytes(session.member, member));
    return this.#sessions.size >= MOST_VIEWS || own.length >= MOST_VIEWS_OF_A_MEMBER ? "busy" : null;
  }

  #of(member: Uint8Array, session: Uint8Array): Session | null {
    const found = this.#sessions.get(toHex(session));
    return found !== undefined && equalBytes(found.member, member) ? found : null;
  }

  /** Without its secret the view is tried all the same: inside the home it needs no relay. */
  async #iceServers(name: string): Promise<readonly IceServer[]> {
    const expires = Math.floor((this.#ports.clock.nowMs() + this.#config.longestMs + ANSWER_WITHIN_MS) / 1000);
    try {
      return await iceServersOf(this.#config.relay, name, expires);
    } catch (error) {
      this.#ports.log.warn("no relay credentials", { code: codeOf(error) });
      return [];
    }
  }

  #deadline(ms: number, view: LiveView): Cancel {
    return this.#ports.clock.after(ms, () => void view.close());
  }

  #connected(session: Session): void {
    session.connectedAtMs = this.#ports.clock.monotonicMs();
    session.cancelDeadline();
    session.cancelDeadline = this.#deadline(this.#config.longestMs, session.view);
  }

  #ended(name: string, session: Session, error: LiveError | null): void {
    session.cancelDeadline();
    this.#sessions.delete(name);
    this.#ports.notices.emit("liveEnded", { sound: session.sound });
    if (error !== null) this.#ports.log.debug("live view ended", { code: error.code });
    if (session.connectedAtMs === null) return;
    const seconds = Math.round((this.#ports.clock.monotonicMs() - session.connectedAtMs) / 1000);
    this.#ports.watched(session.member, seconds);
  }
}

/** A signed description as two parts of an attachment. */
export const partsOf = ({ statement, sdp }: SignedDescription): Uint8Array[] => [statement, utf8(sdp)];

/** @throws ProtocolError `json/shape`, `bytes/encoding`. */
export function descriptionOf(parts: readonly Uint8Array[]): SignedDescription {
  const [statement, sdp, ...more] = parts;
  if (statement === undefined || sdp === undefined || more.length > 0) {
    throw new ProtocolError("json/shape", "a description has two parts");
  }
  return { statement, sdp: fromUtf8(sdp) };
}
