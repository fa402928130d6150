import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { nodeCrypto } from "../device/platform/node-crypto.ts";
import type { Signer } from "../protocol/envelope.ts";
import { encodeSigningKey, parseSigningKey, type VerifierKey, verifierKey } from "../protocol/tlog/note.ts";
import { WitnessError } from "../witness/errors.ts";
import { WitnessMemory } from "../witness/witness-memory.ts";
import type { Invocation } from "./definition.ts";
import { claimPrivateFile, makePrivateDir } from "./private-dir.ts";

const KEY_FILE = "witness.key";
const MEMORY_FILE = "witness.db";

/** A witness's folder: its key, and what it cosigned. */
export class WitnessHome {
  readonly dir: string;

  constructor({ options }: Pick<Invocation, "options">) {
    this.dir = resolve(options.needed("data"));
  }

  /** @throws {@link WitnessError} `witness/already-initialised`; LogError `log/key` for a name that no key may have. */
  async create(name: string): Promise<VerifierKey> {
    const seed = nodeCrypto.randomBytes(32);
    const { publicKey } = nodeCrypto.signingKeyFromSeed(seed);
    const key = verifierKey(nodeCrypto, name, "cosignature/v1", publicKey);
    await makePrivateDir(this.dir);
    if (!(await claimPrivateFile(join(this.dir, KEY_FILE), `${encodeSigningKey(key, seed)}\n`))) {
      throw new WitnessError("witness/already-initialised", `${this.dir} holds a witness's key already`);
    }
    return key;
  }

  /** @throws {@link WitnessError} `witness/not-initialised`. */
  async identity(): Promise<{ readonly key: VerifierKey; readonly signer: Signer }> {
    const path = join(this.dir, KEY_FILE);
    const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== "ENOENT") throw cause;
      throw new WitnessError("witness/not-initialised", `${this.dir} holds no witness's key`, { cause });
    });
    return parseSigningKey(nodeCrypto, text.trimEnd());
  }

  memory(): WitnessMemory {
    return WitnessMemory.open(join(this.dir, MEMORY_FILE));
  }
}
