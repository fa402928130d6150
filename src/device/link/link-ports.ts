import type { Json } from "../../protocol/canonical-json.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import type { Signer } from "../../protocol/envelope.ts";
import type { MemberChange } from "../../protocol/statements/member.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logger.ts";
import type { RecoveryStep } from "./recovery.ts";

export type Role = "owner" | "viewer";

export interface Member {
  readonly signKey: Uint8Array;
  readonly role: Role;
}

/** The household as consent checks it; `removed` holds keys that were members once, newest last. */
export interface HouseholdView {
  readonly state: number;
  readonly quorum: number;
  readonly members: readonly Member[];
  readonly removed: readonly Uint8Array[];
}

/** The key that a new clip's seed is wrapped to for one member, and the day this key belongs to. */
export interface ClipRecipient {
  readonly day: number;
  readonly publicKey: Uint8Array;
}

/** One authenticated request; `args` and `attachment` have any shape until the handler has read them. */
export interface LinkRequest {
  readonly op: string;
  readonly args: Json;
  readonly attachment: Uint8Array;
  readonly member: Member;
}

/** `rejected` is answered with silence: the code goes to the device's log only (invariant I5). */
export type LinkAnswer = { readonly result: Json; readonly attachment?: Uint8Array } | { readonly rejected: string };

export type RequestHandler = (request: LinkRequest, signal: AbortSignal) => LinkAnswer | Promise<LinkAnswer>;

/** The household's own broker, inside the daemon. */
export interface EmbeddedBrokerConfig {
  readonly kind: "embedded";
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** PEM; without it members speak plain TCP (message bodies are sealed either way). */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** URLs that members should try, e.g. `mqtt://doorbell.local:1883`; by default made of host and port. */
  readonly memberUrls?: readonly string[];
}

/** Any MQTT 3.1.1 or 5 broker. */
export interface ExternalBrokerConfig {
  readonly kind: "external";
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** PEM. */
  readonly ca?: string;
  /** What members use, where it differs from what the device uses. */
  readonly memberUrls?: readonly string[];
  readonly memberUsername?: string;
  readonly memberPassword?: string;
}

export interface LinkConfig {
  /** Directory of household.json, link-counters.bin and, until somebody has paired, first-pairing.bin. */
  readonly dir: string;
  readonly broker: EmbeddedBrokerConfig | ExternalBrokerConfig;
  /** Default 180,000. */
  readonly pairingWindowMs?: number;
}

export interface LinkPorts {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly log: Log;
  readonly deviceSigner: Signer;
  /** Called on factory reset, after members and link keys are gone from disk. */
  readonly eraseWraps: () => Promise<void>;
  readonly onLinkChange?: (state: "up" | "down") => void;
  /** After a change is on disk; `change` is null for a first pairing and for a factory reset. */
  readonly onHouseholdChange?: (view: HouseholdView, change: MemberChange | null) => void;
  readonly onPaired?: (memberKey: Uint8Array) => void;
  /** A member's keys of days have come to a household that had none: what was sealed before is sealed to nobody. */
  readonly onFirstKeys?: (memberKey: Uint8Array) => void;
  /** Where browsers reach the embedded broker, for pairing codes; settles when that is known. */
  readonly webUrls?: () => Promise<readonly string[]>;
  readonly onRecoveryStep?: (step: RecoveryStep, member: Uint8Array) => void;
  readonly onPairingWindow?: (state: "open" | "closed") => void;
}

export interface PairingWindow {
  /** Text of the QR code; it carries the pairing secret, so it is shown and never logged. */
  readonly qrText: string;
  readonly closesAfterMs: number;
}

/** What other parts of the device see of the link; `Link` in link.ts is the one implementation. */
export interface LinkPort {
  /** `household`, `household-change`, `day-keys` and `invite` are the link's own; each op has one handler. */
  onRequest(op: string, handler: RequestHandler): void;
  /** Sends to every member that listens now; without a broker the notice is dropped. */
  notify(notice: string, fields: Readonly<Record<string, Json>>, attachment?: Uint8Array): void;
  view(): HouseholdView;
  /** Recovery words are registered: a pairing window may be opened although there are members. */
  readonly canRecover: boolean;
  /** Notes the day on disk first: a clip is never wrapped for a day before one that was already used. */
  recipientsForClip(nowDay: number, clockSynced: boolean): Promise<readonly ClipRecipient[]>;
  /** The same keys without noting the day, for audit rows. */
  dayKeys(nowDay: number, clockSynced: boolean): readonly ClipRecipient[];
  /** @throws LinkError `link/household-exists` when the household already has members. */
  startPairing(): Promise<PairingWindow>;
  factoryReset(): Promise<void>;
}
