import { BlockCounter, ChannelReceiver, sealMessage } from "../../protocol/channel.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { linkTopics } from "../../protocol/link-login.ts";
import {
  decodeLinkMessage,
  encodeLinkMessage,
  type LinkMessage,
  type LinkRequestMessage,
} from "../../protocol/link-message.ts";
import type { Clock } from "../platform/clock.ts";
import type { CounterFile } from "./counter-file.ts";
import type { StoredMember } from "./household-file.ts";

/** Requests of one member that are being worked on; more are dropped, so a member cannot fill the memory. */
const MAX_OPEN_REQUESTS = 16;
const DAY_MS = 86_400_000;

export interface MemberLinkPorts {
  readonly crypto: Crypto;
  readonly clock: Pick<Clock, "nowMs">;
  readonly counters: CounterFile;
  readonly publish: (topic: string, payload: Uint8Array) => Promise<boolean>;
  readonly dropped: (code: string) => void;
  /** Returns the response, or null for silence. */
  readonly answer: (signKey: Uint8Array, request: LinkRequestMessage) => Promise<LinkMessage | null>;
}

/** The device's end of the sealed channel to one member. */
export class MemberLink {
  readonly signKey: Uint8Array;
  readonly topics: { readonly toDevice: string; readonly toMember: string };
  readonly #ports: MemberLinkPorts;
  readonly #linkId: Uint8Array;
  readonly #toMemberKey: Uint8Array;
  readonly #receiver: ChannelReceiver;
  readonly #sendCounter: BlockCounter;
  #openRequests = 0;
  /** UTC day number of the last message. */
  #day: number | null = null;

  constructor(member: StoredMember, ports: MemberLinkPorts) {
    const { crypto, counters } = ports;
    const linkId = member.toDeviceTopic;
    this.signKey = member.signKey;
    this.topics = linkTopics(member);
    this.#ports = ports;
    this.#linkId = linkId;
    this.#toMemberKey = member.toMemberKey;
    this.#receiver = new ChannelReceiver(crypto, member.toDeviceKey, counters.nextReceived(linkId) - 1);
    this.#sendCounter = new BlockCounter(counters.sendReserved(linkId), (upTo) => counters.reserveBelow(linkId, upTo));
  }

  /** Seals a message, so that it can also travel on the topic of a pairing window. */
  async seal(message: LinkMessage): Promise<Uint8Array> {
    this.#beginDay();
    const counter = await this.#sendCounter.reserve();
    return sealMessage(this.#ports.crypto, this.#toMemberKey, counter, encodeLinkMessage(message));
  }

  /** False when the broker is away. */
  async send(message: LinkMessage): Promise<boolean> {
    return this.#ports.publish(this.topics.toMember, await this.seal(message));
  }

  /** Takes one payload from the broker: anybody may have made it. What is not this member's ends here. */
  async receive(payload: Uint8Array): Promise<void> {
    const request = this.#open(payload);
    if (request === null) return;
    const isBusy = this.#openRequests >= MAX_OPEN_REQUESTS;
    if (!isBusy) this.#openRequests += 1;
    try {
      // Also when it is dropped: a replay after a restart must not do then what was not done now.
      await this.#ports.counters.noteReceived(this.#linkId, this.#receiver.accepted);
      if (isBusy) return this.#ports.dropped("link/busy");
      const response = await this.#ports.answer(this.signKey, request);
      if (response !== null) await this.send(response);
    } finally {
      if (!isBusy) this.#openRequests -= 1;
    }
  }

  /** Each day begins a block: the app's store then says nothing of how much its owner did on the days before. */
  #beginDay(): void {
    const today = Math.floor(this.#ports.clock.nowMs() / DAY_MS);
    if (this.#day !== null && this.#day !== today) this.#sendCounter.abandonBlock();
    this.#day = today;
  }

  #open(payload: Uint8Array): LinkRequestMessage | null {
    let body: Uint8Array;
    try {
      body = this.#receiver.receive(payload);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#ports.dropped(error.code === "channel/replay" ? "link/replayed" : "link/unopened");
      return null;
    }
    try {
      const message = decodeLinkMessage(body);
      if (message.kind === "request") return message;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
    }
    this.#ports.dropped("link/malformed");
    return null;
  }
}
