import { join } from "node:path";
import { readFileIfThere } from "../device/platform/durable-file.ts";
import { nodeCrypto } from "../device/platform/node-crypto.ts";
import { toHex } from "../protocol/bytes.ts";
import { decodeJson, encodeJson } from "../protocol/canonical-json.ts";
import { type Signer, seedSigner } from "../protocol/envelope.ts";
import {
  decodeRegisterMemory,
  encodeRegisterMemory,
  type FollowedRegister,
} from "../protocol/register/follow-register.ts";
import { array, integer, object, text, type ValueOf } from "../protocol/shape.ts";
import { parseLogPolicy } from "../protocol/tlog/checkpoint.ts";
import type { TileSource } from "../protocol/tlog/tiles.ts";
import type { RecipientSecrets } from "../recipient/card.ts";
import { RequesterError } from "../requester/errors.ts";
import { followAsRequester } from "../requester/own-requests.ts";
import type { Invocation } from "./definition.ts";
import { CliError } from "./errors.ts";
import { httpLog } from "./http-log.ts";
import { fileShelf } from "./owner-shelf.ts";
import { claimPrivateFile, makePrivateDir, writePrivateFile } from "./private-dir.ts";
import { RecipientHome } from "./recipient-home.ts";

const KEY_FILE = "requester.key";
const PROFILE_FILE = "requester.json";
const SEED_BYTES = 32;
const SHELF_NAME = "register";

const profileShape = object({
  version: integer(1, 1),
  agency: text(120),
  officer: text(120),
  register: object({ url: text(520), logKey: text(400), witnesses: array(text(400), 32), quorum: integer(0, 32) }),
});

export type RequesterProfile = Omit<ValueOf<typeof profileShape>, "version">;

/** A requester's folder: the key that signs requests, who asks and where, and beside them a recipient's keys and inbox. */
export class RequesterHome {
  readonly recipient: RecipientHome;

  constructor(invocation: Pick<Invocation, "options" | "environment">) {
    this.recipient = new RecipientHome(invocation, "requester");
  }

  get dir(): string {
    return this.recipient.dir;
  }

  /** @throws CliError `cli/already-initialised`; the keys that exist stay. */
  async create(profile: RequesterProfile, secrets: RecipientSecrets, card: Uint8Array): Promise<Signer> {
    await makePrivateDir(this.dir);
    if (!(await claimPrivateFile(join(this.dir, KEY_FILE), nodeCrypto.randomBytes(SEED_BYTES)))) {
      throw new CliError("cli/already-initialised", `${this.dir} holds a requester's keys already`, {
        hint: "They are never overwritten. Use another --home for another requester.",
      });
    }
    await this.recipient.create(secrets, card);
    await writePrivateFile(join(this.dir, PROFILE_FILE), encodeJson(profileShape.write({ version: 1, ...profile })));
    return this.signer();
  }

  /** @throws CliError `cli/no-requester`, `cli/wrong-file`. */
  async signer(): Promise<Signer> {
    const seed = await readFileIfThere(join(this.dir, KEY_FILE));
    if (seed === undefined) throw new CliError("cli/no-requester", `${this.dir} holds no requester's keys`);
    if (seed.length !== SEED_BYTES)
      throw new CliError("cli/wrong-file", `${join(this.dir, KEY_FILE)} is no requester's key`);
    return seedSigner(nodeCrypto, seed);
  }

  /** @throws CliError `cli/no-requester`; RequesterError `requester/profile-damaged`. */
  async profile(): Promise<RequesterProfile> {
    const bytes = await readFileIfThere(join(this.dir, PROFILE_FILE));
    if (bytes === undefined) throw new CliError("cli/no-requester", `${this.dir} holds no requester's settings`);
    try {
      const { version: _version, ...profile } = profileShape.read(decodeJson(bytes));
      return profile;
    } catch (cause) {
      throw new RequesterError("requester/profile-damaged", `${join(this.dir, PROFILE_FILE)} cannot be read`, {
        cause,
      });
    }
  }

  /** The register as of its newest checkpoint, and this requester's own part of it. */
  async follow(signal: AbortSignal, nowSeconds: number): Promise<FollowedRegister & { readonly source: TileSource }> {
    const { register } = await this.profile();
    const source = httpLog(register.url, signal);
    const shelf = fileShelf(this.dir);
    const saved = await shelf.load(SHELF_NAME);
    const memory = saved === null ? null : decodeRegisterMemory(saved);
    const policy = parseLogPolicy(nodeCrypto, register);
    const { publicKey } = await this.signer();
    const followed = await followAsRequester(nodeCrypto, policy, memory, source, publicKey, nowSeconds);
    await shelf.save(SHELF_NAME, encodeRegisterMemory(followed.memory));
    return { ...followed, source };
  }

  /** Proof that a request is in the log, as it was made when it got there. */
  async savedProof(digest: Uint8Array): Promise<Uint8Array | null> {
    return (await readFileIfThere(this.#proofFile(digest))) ?? null;
  }

  async saveProof(digest: Uint8Array, proof: Uint8Array): Promise<string> {
    await makePrivateDir(join(this.dir, "proofs"));
    await writePrivateFile(this.#proofFile(digest), proof);
    return this.#proofFile(digest);
  }

  #proofFile(digest: Uint8Array): string {
    return join(this.dir, "proofs", `${toHex(digest)}.tlog-proof`);
  }
}
