import { join } from "node:path";
import { readFileIfThere } from "../device/platform/durable-file.ts";
import { nodeCrypto } from "../device/platform/node-crypto.ts";
import { dayOf } from "../owner/day-keys.ts";
import { OwnerStore } from "../owner/owner-store.ts";
import { type Signer, seedSigner } from "../protocol/envelope.ts";
import type { Invocation } from "./definition.ts";
import { CliError } from "./errors.ts";
import { OwnerFileStorage } from "./owner-storage.ts";
import { claimPrivateFile, homeDir, makePrivateDir } from "./private-dir.ts";

const KEY_FILE = "owner.key";
const SEED_BYTES = 32;

/** An owner's folder: the signing key, and the state that the owner's library keeps. */
export class OwnerHome {
  readonly dir: string;
  readonly store: OwnerStore;

  constructor({ options, environment }: Pick<Invocation, "options" | "environment">) {
    this.dir = homeDir(options.text("home"), "owner", environment);
    this.store = new OwnerStore(new OwnerFileStorage(this.dir));
  }

  /** @throws CliError `cli/already-initialised`; the keys that exist stay. */
  async create(): Promise<Signer> {
    await makePrivateDir(this.dir);
    if (!(await claimPrivateFile(join(this.dir, KEY_FILE), nodeCrypto.randomBytes(SEED_BYTES)))) {
      throw new CliError("cli/already-initialised", `${this.dir} holds an owner's keys already`, {
        hint: "They are never overwritten. Use another --home for another owner.",
      });
    }
    await this.store.create(nodeCrypto, dayOf(Date.now()));
    return this.signer();
  }

  /** @throws CliError `cli/no-owner`. */
  async signer(): Promise<Signer> {
    const seed = await readFileIfThere(join(this.dir, KEY_FILE));
    if (seed === undefined) throw new CliError("cli/no-owner", `${this.dir} holds no owner's keys`);
    if (seed.length !== SEED_BYTES)
      throw new CliError("cli/wrong-file", `${join(this.dir, KEY_FILE)} is no owner's key`);
    return seedSigner(nodeCrypto, seed);
  }
}
