import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { Clock } from "../platform/clock.ts";
import { codeOf } from "../platform/error-code.ts";
import type { Log } from "../platform/logger.ts";
import { Authority, type Leaf } from "./authority.ts";
import { WebError } from "./errors.ts";

/** PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Where the web server's certificate comes from, and when there is another one. */
export interface Certificates {
  /** The first one. @throws WebError `web/certificate`, `web/authority-damaged`. */
  open(): Promise<ServerCertificate>;
  /** The newer one when there is one by now, else null. Never throws: what is there goes on. */
  renewed(): Promise<ServerCertificate | null>;
  /** DER of the authority that phones install; null for a certificate from elsewhere. */
  readonly authority: Uint8Array | null;
}

/** Renewed with a third of its life left. */
const RENEW_BEFORE_MS = 30 * 86_400_000;

/** The device's own authority and a short-lived certificate by it, made anew before it ends and whenever the clock was set. */
export class OwnCertificates implements Certificates {
  readonly #dir: string;
  readonly #names: readonly string[];
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #log: Log;
  #authority: Authority | null = null;
  #leaf: Leaf | null = null;

  constructor(dir: string, names: readonly string[], { clock, log }: { clock: Pick<Clock, "nowMs">; log: Log }) {
    this.#dir = dir;
    this.#names = names;
    this.#clock = clock;
    this.#log = log;
  }

  async open(): Promise<ServerCertificate> {
    const { authority, isNew } = await Authority.open(this.#dir, this.#names);
    if (isNew) this.#log.warn("new certificate authority: phones have to install it");
    this.#authority = authority;
    this.#leaf = await authority.issue(this.#clock.nowMs());
    return this.#leaf;
  }

  async renewed(): Promise<ServerCertificate | null> {
    const nowMs = this.#clock.nowMs();
    const isFit =
      this.#leaf !== null && nowMs >= this.#leaf.notBeforeMs && nowMs < this.#leaf.notAfterMs - RENEW_BEFORE_MS;
    if (isFit || this.#authority === null) return null;
    this.#leaf = await this.#authority.issue(nowMs);
    return this.#leaf;
  }

  get authority(): Uint8Array | null {
    return this.#authority?.der ?? null;
  }
}

/** A certificate that certbot, lego or another program puts into files, read again when they change. */
export class CertificateFiles implements Certificates {
  readonly authority = null;
  readonly #certFile: string;
  readonly #keyFile: string;
  readonly #log: Log;
  #changedMs = 0;

  constructor({ certFile, keyFile }: { readonly certFile: string; readonly keyFile: string }, log: Log) {
    this.#certFile = certFile;
    this.#keyFile = keyFile;
    this.#log = log;
  }

  async open(): Promise<ServerCertificate> {
    this.#changedMs = await this.#lastChange();
    return this.#read();
  }

  async renewed(): Promise<ServerCertificate | null> {
    try {
      const changedMs = await this.#lastChange();
      if (changedMs === this.#changedMs) return null;
      this.#changedMs = changedMs;
      return await this.#read();
    } catch (error) {
      // Half of the pair may be written yet: the next change is looked at again.
      this.#log.error("certificate not taken over", { code: codeOf(error) });
      return null;
    }
  }

  async #lastChange(): Promise<number> {
    try {
      const [cert, key] = await Promise.all([stat(this.#certFile), stat(this.#keyFile)]);
      return Math.max(cert.mtimeMs, key.mtimeMs);
    } catch (cause) {
      throw new WebError("web/certificate", "certificate or key cannot be read", { cause });
    }
  }

  async #read(): Promise<ServerCertificate> {
    try {
      const [cert, key] = await Promise.all([readFile(this.#certFile, "utf8"), readFile(this.#keyFile, "utf8")]);
      createSecureContext({ cert, key });
      if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) throw new Error("not a pair");
      return { cert, key };
    } catch (cause) {
      throw new WebError("web/certificate", "certificate and key cannot be used", { cause });
    }
  }
}
