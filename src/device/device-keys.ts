import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Crypto } from "../protocol/crypto.ts";
import { CodedError } from "../protocol/errors.ts";
import { writeFileDurably } from "./platform/durable-file.ts";
import { nodeCrypto } from "./platform/node-crypto.ts";
import { Secret } from "./platform/secret.ts";

const SEED_BYTES = 32;
const KEY_FILE = "device.key";

export const deviceKeyErrors = {
  "device-key/missing": "This data directory has no device key: run `doorward init` first.",
  "device-key/damaged":
    "The device key is not 32 bytes: restore device.key from a copy; a new one would orphan every pairing.",
  "device-key/exists": "This data directory already has a device key; it is never overwritten.",
} as const;
export type DeviceKeyErrorCode = keyof typeof deviceKeyErrors;

export class DeviceKeyError extends CodedError<DeviceKeyErrorCode> {
  override readonly name = "DeviceKeyError";
}

export interface DeviceKeys {
  /** Ed25519 public key, 32 bytes: what the pairing QR shows and every statement names. */
  readonly publicKey: Uint8Array;
  /** Ed25519 seed, 32 bytes; clip keys derive from it. */
  readonly seed: Secret<Uint8Array>;
}

/** Makes the device's signing seed, once in the life of a data directory; the file is readable by its user only. */
export async function createDeviceKeys(
  dataDir: string,
  crypto: Pick<Crypto, "randomBytes"> = nodeCrypto,
): Promise<DeviceKeys> {
  if ((await readSeed(dataDir)) !== undefined) {
    throw new DeviceKeyError("device-key/exists", `${join(dataDir, KEY_FILE)} exists and is never overwritten`);
  }
  const seed = crypto.randomBytes(SEED_BYTES);
  await writeFileDurably(join(dataDir, KEY_FILE), seed);
  return keysOf(seed);
}

export async function loadDeviceKeys(dataDir: string): Promise<DeviceKeys> {
  const path = join(dataDir, KEY_FILE);
  const seed = await readSeed(dataDir);
  if (seed === undefined)
    throw new DeviceKeyError("device-key/missing", `${path} is missing: run \`doorward init\` first`);
  if (seed.length !== SEED_BYTES) {
    throw new DeviceKeyError(
      "device-key/damaged",
      `${path} holds ${seed.length} bytes instead of ${SEED_BYTES}: restore it from a copy`,
    );
  }
  return keysOf(seed);
}

function keysOf(seed: Uint8Array): DeviceKeys {
  return { publicKey: nodeCrypto.signingKeyFromSeed(seed).publicKey, seed: new Secret(seed) };
}

async function readSeed(dataDir: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(join(dataDir, KEY_FILE)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
