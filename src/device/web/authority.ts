import "reflect-metadata";
import { createPrivateKey, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { join } from "node:path";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { fromUtf8, utf8 } from "../../protocol/bytes.ts";
import { makeDirectoryDurably, readFileIfThere, writeFileDurably } from "../platform/durable-file.ts";
import { WebError } from "./errors.ts";
import { NAME_CONSTRAINTS_OID, nameConstraints } from "./name-constraints.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const FILE = "authority.json";
const DAY_MS = 86_400_000;
/** The same for every doorbell: when it was set up is nobody's business, and its clock may have been wrong then. */
const FROM = new Date("2020-01-01T00:00:00Z");
const UNTIL = new Date("2049-12-31T00:00:00Z");
export const LEAF_DAYS = 90;
/** A phone whose clock is a little behind takes the newest certificate too. */
const LEAF_EARLIER_DAYS = 2;

cryptoProvider.set(webcrypto as never);

export interface Leaf {
  /** PEM, the authority's certificate behind it. */
  readonly cert: string;
  readonly key: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

interface Stored {
  readonly version: 1;
  readonly names: readonly string[];
  readonly cert: string;
  /** PKCS #8. */
  readonly key: string;
}

/**
 * The doorbell's own certificate authority: made once, good for this doorbell's names and no others, so that a phone
 * which trusts it trusts it for nothing else, whoever comes to hold its key.
 */
export class Authority {
  readonly #certificate: X509Certificate;
  readonly #key: webcrypto.CryptoKey;
  readonly #names: readonly string[];

  private constructor(certificate: X509Certificate, key: webcrypto.CryptoKey, names: readonly string[]) {
    this.#certificate = certificate;
    this.#key = key;
    this.#names = names;
  }

  /**
   * Reads the authority of this folder; makes one where there is none, or where it is for other names.
   * @returns Also whether phones have to install it (anew).
   * @throws WebError `web/authority-damaged`.
   */
  static async open(dir: string, names: readonly string[]): Promise<{ authority: Authority; isNew: boolean }> {
    const path = join(dir, FILE);
    const before = await readStored(path);
    if (before !== null && sameNames(before.names, names)) return { authority: await load(before, path), isNew: false };
    await makeDirectoryDurably(dir);
    const made = await make(names);
    await writeFileDurably(path, utf8(`${JSON.stringify(made)}\n`));
    return { authority: await load(made, path), isNew: true };

    async function load({ cert, key }: Stored, from: string): Promise<Authority> {
      try {
        const pkcs8 = createPrivateKey(key).export({ type: "pkcs8", format: "der" });
        const privateKey = await webcrypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, false, ["sign"]);
        return new Authority(new X509Certificate(cert), privateKey, names);
      } catch (cause) {
        throw new WebError("web/authority-damaged", `${from} cannot be read`, { cause });
      }
    }
  }

  /** The certificate that phones install. */
  get der(): Uint8Array {
    return new Uint8Array(this.#certificate.rawData);
  }

  get pem(): string {
    return this.#certificate.toString("pem");
  }

  /** A certificate for the names, from two days before this time on. */
  async issue(nowMs: number): Promise<Leaf> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
    const today = Math.floor(nowMs / DAY_MS);
    const notBeforeMs = Math.max(FROM.getTime(), (today - LEAF_EARLIER_DAYS) * DAY_MS);
    const notAfterMs = Math.min(UNTIL.getTime(), notBeforeMs + LEAF_DAYS * DAY_MS);
    const certificate = await X509CertificateGenerator.create({
      subject: "CN=Doorward",
      issuer: this.#certificate.subject,
      notBefore: new Date(notBeforeMs),
      notAfter: new Date(notAfterMs),
      publicKey: keys.publicKey as never,
      signingKey: this.#key as never,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        await AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey),
        await SubjectKeyIdentifierExtension.create(keys.publicKey),
        new SubjectAlternativeNameExtension(
          this.#names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
        ),
      ],
    });
    const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
    const cert = `${certificate.toString("pem")}\n${this.pem}\n`;
    return { cert, key: PemConverter.encode(pkcs8, "PRIVATE KEY"), notBeforeMs, notAfterMs };
  }
}

const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a.toSorted().join(" ") === b.toSorted().join(" ");

async function make(names: readonly string[]): Promise<Stored> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=Doorward at ${names[0] ?? "home"}`,
    notBefore: FROM,
    notAfter: UNTIL,
    keys: keys as never,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      new Extension(NAME_CONSTRAINTS_OID, true, nameConstraints(names)),
    ],
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  return { version: 1, names, cert: certificate.toString("pem"), key };
}

async function readStored(path: string): Promise<Stored | null> {
  const content = await readFileIfThere(path);
  if (content === undefined) return null;
  try {
    const stored = JSON.parse(fromUtf8(content)) as Partial<Stored>;
    const { names, cert, key } = stored;
    const isList = Array.isArray(names) && names.every((name) => typeof name === "string");
    if (stored.version === 1 && isList && typeof cert === "string" && typeof key === "string") {
      return { version: 1, names, cert, key };
    }
  } catch {
    // said below
  }
  throw new WebError("web/authority-damaged", `${path} cannot be read`);
}
