import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { mosquittoAcl, mosquittoConfig, mosquittoPasswordLine } from "../../src/mailbox/mosquitto.ts";
import { inboxLogin, type RecipientSecrets } from "../../src/recipient/card.ts";

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** The real Mosquitto under the configuration that Doorward prints, with these recipients in its password file. */
export async function startMosquitto(
  recipients: readonly RecipientSecrets[],
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), "mosquitto-"));
  const port = await freePort();
  const passwords = recipients.map((secrets) => {
    const { username, password } = inboxLogin(nodeCrypto, secrets);
    return mosquittoPasswordLine(username, password);
  });
  const config = mosquittoConfig({ port, host: "127.0.0.1", directory, tls: null });
  // Started by root, Mosquitto becomes another user, who cannot read a temporary directory.
  const user = process.getuid?.() === 0 ? "user root\n" : "";
  writeFileSync(join(directory, "mosquitto.conf"), `${user}${config}`);
  writeFileSync(join(directory, "doorward-mailbox.acl"), mosquittoAcl(), { mode: 0o600 });
  writeFileSync(join(directory, "doorward-mailbox.passwords"), `${passwords.join("\n")}\n`, { mode: 0o600 });
  // Debian keeps it where only root's PATH looks.
  const path = `${process.env.PATH ?? ""}:/usr/sbin:/usr/local/sbin`;
  const child = spawn("mosquitto", ["-c", join(directory, "mosquitto.conf")], {
    env: { ...process.env, PATH: path },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let complaints = "";
  child.stderr.on("data", (text: Buffer) => {
    complaints += text.toString();
  });
  await listening(child, port, () => complaints);
  return {
    url: `mqtt://127.0.0.1:${port}`,
    async stop() {
      const ended = once(child, "exit");
      child.kill();
      await ended;
      rmSync(directory, { recursive: true });
    },
  };
}

async function listening(child: ChildProcess, port: number, complaints: () => string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`mosquitto ended: ${complaints()}`);
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true));
      socket.on("error", () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("mosquitto does not listen");
}
