import { resolve } from "node:path";
import { nodeCrypto } from "../device/platform/node-crypto.ts";
import { fromHex, toHex } from "../protocol/bytes.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { CodedError, ProtocolError } from "../protocol/errors.ts";
import { isRegisterName } from "../protocol/register/register-name.ts";
import { encodeVerifierKey } from "../protocol/tlog/note.ts";
import { encodeWitness, parseWitness, RegisterFolder, type RegisterSettings } from "../register/register-folder.ts";
import type { Invocation } from "./definition.ts";
import { CliError } from "./errors.ts";
import type { Options } from "./options.ts";

const MAX_WITNESSES = 64;

export function registerFolder({ options }: Pick<Invocation, "options">): RegisterFolder {
  return new RegisterFolder(nodeCrypto, resolve(options.needed("data")));
}

export async function keyOf(folder: RegisterFolder): Promise<string> {
  return encodeVerifierKey((await folder.identity()).logKey);
}

/** Makes keys and settings from the flags `--name`, `--about`, `--witness`, `--quorum`. @throws CliError `cli/usage`. */
export async function createRegister(
  crypto: Crypto,
  folder: RegisterFolder,
  options: Options,
): Promise<RegisterSettings> {
  const name = options.text("name") ?? `localhost/requests-${toHex(crypto.randomBytes(4))}`;
  if (!isRegisterName(name)) {
    throw new CliError("cli/usage", `"${name}" cannot be a register's name`, {
      hint: "Printable ASCII without spaces and plus signs, at most 120: an address of a domain that is yours, without https://.",
    });
  }
  const about = options.text("about") ?? `The register ${name}`;
  const settings: RegisterSettings = { name, about, ...(witnessesOf(crypto, options) ?? { witnesses: [], quorum: 0 }) };
  await folder.create(settings).catch((error: unknown) => {
    if (!(error instanceof ProtocolError)) throw error;
    throw new CliError("cli/usage", error.message, { cause: error });
  });
  return settings;
}

/** The witnesses that the flags name, null where they name none. */
export function witnessesOf(crypto: Crypto, options: Options): Pick<RegisterSettings, "witnesses" | "quorum"> | null {
  const texts = options.texts("witness");
  const given = options.integer("quorum", { min: 1, max: MAX_WITNESSES });
  if (texts.length === 0) {
    if (given !== undefined) throw new CliError("cli/usage", "--quorum needs --witness");
    return null;
  }
  const witnesses = texts.map((text) => {
    try {
      return encodeWitness(parseWitness(crypto, text));
    } catch (cause) {
      if (!(cause instanceof RangeError || cause instanceof CodedError)) throw cause;
      throw new CliError("cli/usage", `--witness: ${cause.message}`, {
        cause,
        hint: "https://witness.example.net#name+hash+base64: its address, then #, then its verifier key.",
      });
    }
  });
  const quorum = given ?? Math.floor(witnesses.length / 2) + 1;
  if (quorum > witnesses.length) throw new CliError("cli/usage", `--quorum ${quorum} of ${witnesses.length} witnesses`);
  return { witnesses, quorum };
}

/**
 * A public key as 64 hexadecimal digits, as every command prints it: in base64url one of 64 would begin like an option.
 * @throws CliError `cli/usage`.
 */
export function publicKeyOf(text: string): Uint8Array {
  if (/^[0-9a-f]{64}$/.test(text)) {
    const key = fromHex(text);
    if (nodeCrypto.checkPublicKey(key)) return key;
  }
  throw new CliError("cli/usage", `"${text}" is not a public key`, {
    hint: "64 hexadecimal digits, as `doorward requester accredit` prints them, or the file that it wrote.",
  });
}
