/** A register's data directory: its name, its two keys, its witnesses. What it publishes is in `public`, and nothing else is. */

import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeDirectoryDurably, readFileIfThere, writeFileDurably } from "../device/platform/durable-file.ts";
import { fromUtf8, utf8 } from "../protocol/bytes.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { type Signer, seedSigner } from "../protocol/envelope.ts";
import { isRegisterName } from "../protocol/register/register-name.ts";
import { array, integer, object, text, type ValueOf, where } from "../protocol/shape.ts";
import { encodeVerifierKey, parseVerifierKey, type VerifierKey, verifierKey } from "../protocol/tlog/note.ts";
import type { KnownWitness } from "../witness/request-cosignatures.ts";
import { RegisterError } from "./errors.ts";

const SETTINGS_FILE = "register.json";
const LOG_KEY_FILE = "log.key";
const OPERATOR_KEY_FILE = "operator.key";
export const PUBLIC_FOLDER = "public";
const SEED_BYTES = 32;

const settingsShape = where(
  object({
    version: integer(1, 1),
    name: where(text(120), isRegisterName, "not the name of a register"),
    about: text(280),
    /** `<url>#<verifier key>` each. */
    witnesses: array(text(1_000), 64),
    /** Cosignatures that a checkpoint needs before it is published; 0 exactly where nobody witnesses. */
    quorum: integer(0, 64),
  }),
  ({ witnesses, quorum }) => quorum <= witnesses.length && quorum > 0 === witnesses.length > 0,
  "a quorum that the witnesses cannot meet, or witnesses whom nobody waits for",
);

export type RegisterSettings = Omit<ValueOf<typeof settingsShape>, "version">;

export interface RegisterIdentity {
  readonly settings: RegisterSettings;
  /** Key name = origin = the register's name. */
  readonly logKey: VerifierKey;
  readonly logSigner: Signer;
  readonly witnesses: readonly KnownWitness[];
}

export class RegisterFolder {
  readonly dir: string;
  readonly #crypto: Crypto;
  constructor(crypto: Crypto, dir: string) {
    this.#crypto = crypto;
    this.dir = dir;
  }

  get publicDir(): string {
    return join(this.dir, PUBLIC_FOLDER);
  }

  get operatorKeyPath(): string {
    return join(this.dir, OPERATOR_KEY_FILE);
  }

  async isInitialised(): Promise<boolean> {
    return (await readFileIfThere(join(this.dir, SETTINGS_FILE))) !== undefined;
  }

  /** Makes both keys. The settings come last: a folder without them holds no register yet. */
  async create(settings: RegisterSettings): Promise<void> {
    settingsShape.read(settingsShape.write({ version: 1, ...settings }));
    if (await this.isInitialised())
      throw new RegisterError("register/already-initialised", `${this.dir} has a register`);
    await makeDirectoryDurably(this.dir);
    await mkdir(this.publicDir, { recursive: true, mode: 0o755 });
    for (const file of [LOG_KEY_FILE, OPERATOR_KEY_FILE]) {
      const path = join(this.dir, file);
      if ((await readFileIfThere(path)) === undefined) {
        await writeFileDurably(path, this.#crypto.randomBytes(SEED_BYTES));
      }
    }
    await this.writeSettings(settings);
  }

  async writeSettings(settings: RegisterSettings): Promise<void> {
    const json = JSON.stringify(settingsShape.write({ version: 1, ...settings }), null, 2);
    await writeFileDurably(join(this.dir, SETTINGS_FILE), utf8(`${json}\n`));
  }

  /** @throws {@link RegisterError} `register/not-initialised`, `register/damaged`. */
  async settings(): Promise<RegisterSettings> {
    const bytes = await readFileIfThere(join(this.dir, SETTINGS_FILE));
    if (bytes === undefined) throw new RegisterError("register/not-initialised", `${this.dir} has no register`);
    try {
      const { version: _, ...settings } = settingsShape.read(JSON.parse(fromUtf8(bytes)));
      return settings;
    } catch (cause) {
      throw new RegisterError("register/damaged", `${SETTINGS_FILE} cannot be read: ${String(cause)}`, { cause });
    }
  }

  async identity(): Promise<RegisterIdentity> {
    const settings = await this.settings();
    const logSigner = await this.#signer(join(this.dir, LOG_KEY_FILE), "register/damaged");
    const logKey = verifierKey(this.#crypto, settings.name, "ed25519", logSigner.publicKey);
    return { settings, logKey, logSigner, witnesses: settings.witnesses.map((one) => parseWitness(this.#crypto, one)) };
  }

  /** @throws {@link RegisterError} `register/no-operator-key`. */
  operator(path = this.operatorKeyPath): Promise<Signer> {
    return this.#signer(path, "register/no-operator-key");
  }

  async #signer(path: string, code: "register/damaged" | "register/no-operator-key"): Promise<Signer> {
    const seed = await readFile(path).catch((cause: unknown) => {
      throw new RegisterError(code, `${path} cannot be read`, { cause });
    });
    if (seed.length !== SEED_BYTES) throw new RegisterError(code, `${path} is not a key`);
    return seedSigner(this.#crypto, new Uint8Array(seed));
  }
}

/** `http://…#name+hash+base64`. @throws LogError `log/key`; RangeError for a text of another form. */
export function parseWitness(crypto: Crypto, text: string): KnownWitness {
  const [, url, key] = /^(https?:\/\/[^#]+?)\/*#(.+)$/.exec(text) ?? [];
  if (url === undefined || key === undefined) throw new RangeError(`"${text}" is not <url>#<verifier key>`);
  return { url, key: parseVerifierKey(crypto, key) };
}

export const encodeWitness = ({ url, key }: KnownWitness): string => `${url}#${encodeVerifierKey(key)}`;
