import { X509Certificate } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Invocation, Outcome } from "../definition.ts";
import { deviceConfig } from "../device-config.ts";
import { CliError } from "../errors.ts";

export async function run({ options, terminal }: Invocation): Promise<Outcome> {
  const config = await deviceConfig(options);
  const stored = await readFile(join(config.dataDir, "web", "authority.json"), "utf8").catch((cause: unknown) => {
    throw new CliError("cli/not-found", "this doorbell has no authority of its own", {
      cause,
      hint: "It makes one when it first serves HTTPS without a certificate from elsewhere: `host` in [web].",
    });
  });
  const { cert, names } = JSON.parse(stored) as { readonly cert: string; readonly names: readonly string[] };
  const fingerprint = new X509Certificate(cert).fingerprint256;
  const out = options.text("out");
  if (out !== undefined) await writeFile(resolve(out), cert);
  terminal.say(`Good for ${names.join(", ")} and nothing else. SHA-256:`);
  terminal.say(fingerprint);
  return { json: { ok: true, names, sha256: fingerprint.replaceAll(":", "").toLowerCase() } };
}
