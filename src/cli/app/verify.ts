import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { fromHex } from "../../protocol/bytes.ts";
import { openStatement } from "../../protocol/envelope.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { type AppBundle, appBundleStatement } from "../../protocol/statements/app-bundle.ts";
import { compareBundle, readBundle, SIGNATURE_FILE } from "../app-bundle.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { CliError, EXIT } from "../errors.ts";

export async function run({ args, options, terminal }: Invocation): Promise<Outcome> {
  const dir = resolve(args[0] ?? ".");
  const signer = options.needed("signer").replaceAll(/\s/g, "").toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(signer)) throw new CliError("cli/usage", "--signer takes the 64 digits of a key");
  const signed = await readSigned(join(dir, SIGNATURE_FILE), fromHex(signer));
  if (signed === null) {
    terminal.say(`${dir} is not signed by this key.`);
    return { json: { ok: false, differences: [], signed: false }, exit: EXIT.notVerified };
  }
  const differences = compareBundle(signed, await readBundle(dir));
  for (const { path, what } of differences) terminal.say(`${what}: ${path}`);
  terminal.say(
    differences.length === 0
      ? `ok: all ${signed.length} files are what was signed, and there is no other.`
      : "This is not the app that was signed.",
  );
  const ok = differences.length === 0;
  return { json: { ok, differences, signed: true }, exit: ok ? EXIT.ok : EXIT.notVerified };
}

/** Null when there is no signature, or another's. */
async function readSigned(path: string, signer: Uint8Array): Promise<AppBundle["files"] | null> {
  const envelope = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (envelope === null) return null;
  try {
    return openStatement(nodeCrypto, appBundleStatement, new Uint8Array(envelope), signer).payload.files;
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}
