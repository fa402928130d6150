import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { toHex } from "../../protocol/bytes.ts";
import { seedSigner, signStatement } from "../../protocol/envelope.ts";
import { appBundleStatement } from "../../protocol/statements/app-bundle.ts";
import { readBundle, SIGNATURE_FILE } from "../app-bundle.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { CliError } from "../errors.ts";
import { writePrivateFile } from "../private-dir.ts";

const SEED_BYTES = 32;

export async function run({ args, options, terminal }: Invocation): Promise<Outcome> {
  const dir = resolve(args[0] ?? ".");
  const files = await readBundle(dir);
  const signer = seedSigner(nodeCrypto, await seedOf(resolve(options.needed("key"))));
  const envelope = await signStatement(nodeCrypto, appBundleStatement, { files }, signer);
  await writeFile(join(dir, SIGNATURE_FILE), envelope);
  const key = toHex(signer.publicKey);
  terminal.say(`Signed ${files.length} files of ${dir} with`);
  terminal.say(key);
  return { json: { ok: true, files: files.length, signer: key } };
}

/** Made when there is none. */
async function seedOf(path: string): Promise<Uint8Array> {
  const before = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (before === null) {
    const seed = nodeCrypto.randomBytes(SEED_BYTES);
    await writePrivateFile(path, seed);
    return seed;
  }
  if (before.length !== SEED_BYTES) throw new CliError("cli/wrong-file", `${path} is no key of ${SEED_BYTES} bytes`);
  return new Uint8Array(before);
}
