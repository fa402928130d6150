import type { Crypto } from "../../protocol/crypto.ts";
import type { Signer } from "../../protocol/envelope.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { pairingLogin, pairingTopics } from "../../protocol/link-login.ts";
import {
  acceptPairing,
  answerPairing,
  type DevicePairing,
  encodePairingCode,
  type LinkKeys,
  MAX_WRONG_MACS,
} from "../../protocol/pairing-handshake.ts";

/** More than any pairing message; a statement is a few hundred bytes. */
const MAX_MESSAGE_BYTES = 4096;
/** Somebody who has the code could otherwise keep the device signing. */
const MAX_ANSWERS = 16;

export interface PairingWindowPorts {
  readonly crypto: Crypto;
  readonly deviceSigner: Signer;
  readonly dropped: (code: string) => void;
  readonly publish: (topic: string, payload: Uint8Array) => Promise<boolean>;
  /** Returns what to tell the phone, or null when the household does not take it. */
  readonly paired: (memberKey: Uint8Array, keys: LinkKeys) => Promise<Uint8Array | null>;
  readonly closed: () => void;
}

/** One time in which the code on the device is good: it ends with the first phone that pairs, by time, or after three wrong MACs. */
export class OpenPairingWindow {
  readonly topics: { readonly toDevice: string; readonly toMember: string };
  readonly login: { readonly username: string; readonly password: string };
  readonly qrText: string;
  readonly #ports: PairingWindowPorts;
  readonly #secret: Uint8Array;
  #pending: DevicePairing | null = null;
  #wrongMacs = 0;
  #answers = 0;
  #open = true;
  #turn: Promise<void> = Promise.resolve();

  /** @param secret - Overwritten with zeros once the window has closed. */
  constructor(broker: string, secret: Uint8Array, ports: PairingWindowPorts) {
    const { crypto, deviceSigner } = ports;
    this.#ports = ports;
    this.#secret = secret;
    this.topics = pairingTopics(crypto, this.#secret);
    this.login = pairingLogin(crypto, this.#secret);
    this.qrText = encodePairingCode({ deviceKey: deviceSigner.publicKey, secret: this.#secret, broker });
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#secret.fill(0);
    this.#pending = null;
    this.#ports.closed();
  }

  /** Messages are taken one after another; every byte is a stranger's. */
  receive(message: Uint8Array): Promise<void> {
    this.#turn = this.#turn.then(() => this.#take(message));
    return this.#turn;
  }

  async #take(message: Uint8Array): Promise<void> {
    if (!this.#open) return this.#ports.dropped("link/pairing-closed");
    if (message.length > MAX_MESSAGE_BYTES) return this.#ports.dropped("link/oversized");
    try {
      if (this.#pending === null || message[0] === 1) await this.#hello(message);
      else await this.#finish(this.#pending, message);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#ports.dropped(error.code === "pairing/mac" ? "link/wrong-mac" : "link/pairing-malformed");
      if (error.code === "pairing/mac") this.#wrongMacs += 1;
      if (this.#wrongMacs >= MAX_WRONG_MACS) this.close();
    }
  }

  async #hello(message: Uint8Array): Promise<void> {
    const { crypto, deviceSigner, publish, dropped } = this.#ports;
    if (this.#answers >= MAX_ANSWERS) return dropped("link/busy");
    const { answer, state } = await answerPairing(crypto, deviceSigner, this.#secret, message);
    if (!this.#open) return;
    this.#answers += 1;
    this.#pending = state;
    await publish(this.topics.toMember, answer);
  }

  async #finish(pending: DevicePairing, message: Uint8Array): Promise<void> {
    const { memberKey, keys } = acceptPairing(pending, message);
    const welcome = await this.#ports.paired(memberKey, keys);
    if (welcome !== null) await this.#ports.publish(this.topics.toMember, welcome);
    this.close();
  }
}
