import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { HomeBroker } from "../../device/link/home-broker.ts";
import { readFileIfThere } from "../../device/platform/durable-file.ts";
import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { CliError } from "../errors.ts";
import { claimPrivateFile } from "../private-dir.ts";
import { serveUntilStopped } from "../serve-until-stopped.ts";
import { fields } from "../table.ts";
import { tlsFiles } from "../tls-files.ts";

const PORTS = { min: 0, max: 65_535 };
const USERNAME = "home";
const PASSWORD_BYTES = 18;
/** The largest request of the link, a consent with its card, and room for the packet around it. */
const MAX_PACKET_BYTES = 1024 * 1024;

export async function run({ options, terminal, signal }: Invocation): Promise<Outcome> {
  const host = options.needed("host");
  const passwordFile = options.needed("passwordFile");
  const password = await passwordFrom(passwordFile);
  const files = tlsFiles(options);
  const config = {
    host,
    port: options.integer("port", PORTS) ?? 0,
    maxPacketBytes: MAX_PACKET_BYTES,
    ...(files === null
      ? {}
      : { tls: { cert: await readFile(files.certFile, "utf8"), key: await readFile(files.keyFile, "utf8") } }),
  };
  const broker = new HomeBroker(config, {
    crypto: nodeCrypto,
    // Topics are random names that doorbell and member agree on, so one login for the home tells nobody anything.
    login: (username, given) =>
      username === USERNAME && isSame(given, password) ? { publish: "every", subscribe: "every" } : null,
    dropped: (code) => terminal.note(`refused: ${code}`),
  });
  await broker.start();
  const url = `${files === null ? "mqtt" : "mqtts"}://${host.includes(":") ? `[${host}]` : host}:${broker.port}`;
  terminal.answer({ ok: true, url, username: USERNAME, passwordFile });
  terminal.say(`Home broker at ${url}. In the [broker] part of each doorbell's configuration:\n`);
  terminal.say(
    fields([
      ["url", `= "${url}"`],
      ["username", `= "${USERNAME}"`],
      ["password_file", `= "…"  (a copy of ${passwordFile})`],
    ]),
  );
  terminal.say("\nMembers learn all of it when they pair. Ctrl-C ends.");
  await serveUntilStopped(signal);
  await broker.stop();
  return { json: undefined };
}

/** Made at the first start and kept, since doorbells and members remember it. */
async function passwordFrom(file: string): Promise<string> {
  const made = `${randomBytes(PASSWORD_BYTES).toString("base64url")}\n`;
  // Looked at first: systemd's folder of credentials takes no new files.
  if ((await readFileIfThere(file)) === undefined) await claimPrivateFile(file, made);
  const password =
    new TextDecoder()
      .decode(await readFileIfThere(file))
      .split("\n")[0]
      ?.trim() ?? "";
  if (password === "") throw new CliError("cli/wrong-file", `${file} holds no password in its first line`);
  return password;
}

function isSame(given: Uint8Array, password: string): boolean {
  const digest = (bytes: Uint8Array | string): Buffer => createHash("sha256").update(bytes).digest();
  return timingSafeEqual(digest(given), digest(password));
}
