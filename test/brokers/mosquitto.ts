import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { mosquittoAcl, mosquittoConfig, mosquittoPasswordLine } from "../../src/mailbox/mosquitto.ts";
import { createCard, inboxLogin, type RecipientSecrets } from "../../src/recipient/card.ts";
import { freePort } from "../fakes/free-port.ts";
import { mqttClient } from "../fakes/inbox-connection.ts";
import { BrokerProcess } from "./broker-process.ts";
import type { Engine, RunningBroker } from "./engine.ts";

/** Of what is tested beside delivering: all that Mosquitto's configuration leaves open. docs/mailbox.md tells operators. */
const cannot = {
  "passes no receipt to one who asks for all of them":
    "an access list of Mosquitto holds patterns of topics, not the requirement that a filter has no wildcard",
  "takes no receipt from one who has no inbox":
    "`pattern` lines count for connections without a name too; a doorbell takes only what the recipient's key signed",
  "lets nobody end another's session by its client id":
    "sessions are named by the client; naming them after the login would give all doorbells one session",
};

export interface Machine {
  readonly process: BrokerProcess;
  readonly port: number;
  readonly directory: string;
}

/** The real Mosquitto under the configuration that Doorward prints, with these recipients in its password file. */
export async function makeMachine(recipients: readonly RecipientSecrets[], furtherLines: string): Promise<Machine> {
  const directory = mkdtempSync(join(tmpdir(), "mosquitto-"));
  const port = await freePort();
  const passwords = recipients.map((secrets) => {
    const { username, password } = inboxLogin(nodeCrypto, secrets);
    return mosquittoPasswordLine(username, password);
  });
  const config = mosquittoConfig({ port, host: "127.0.0.1", directory, tls: null });
  // Started by root, Mosquitto becomes another user, who cannot read a temporary directory.
  const user = process.getuid?.() === 0 ? "user root\n" : "";
  const configFile = join(directory, "mosquitto.conf");
  writeFileSync(configFile, `${user}${config}${furtherLines}`);
  writeFileSync(join(directory, "doorward-mailbox.acl"), mosquittoAcl(), { mode: 0o600 });
  writeFileSync(join(directory, "doorward-mailbox.passwords"), `${passwords.join("\n")}\n`, { mode: 0o600 });
  return {
    process: new BrokerProcess({ program: "mosquitto", args: ["-c", configFile], port }),
    port,
    directory,
  };
}

export async function endMachines(machines: readonly Machine[]): Promise<void> {
  for (const { process: program, directory } of machines) {
    await program.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

export const urlOf = ({ port }: Machine): string => `mqtt://127.0.0.1:${port}`;

async function startOne(recipients: readonly RecipientSecrets[]): Promise<RunningBroker> {
  const machine = await makeMachine(recipients, "");
  await machine.process.start();
  return {
    doorbellUrl: urlOf(machine),
    recipientUrl: urlOf(machine),
    pids: () => [machine.process.pid],
    async crash() {
      await machine.process.kill();
      await machine.process.start();
    },
    stop: () => endMachines([machine]),
  };
}

/**
 * The bridge comes to the recipients' machine as a doorbell does, without a name, so that machine's access list holds it
 * too. `notifications` would be retained messages about the bridge.
 */
export const bridgeTo = (port: number, login: readonly string[] = []): string =>
  [
    "connection inner",
    `address 127.0.0.1:${port}`,
    "bridge_protocol_version mqttv311",
    "topic in/+/+ out 1",
    "topic rc/+ in 1",
    "cleansession false",
    ...login,
    "notifications false",
    "try_private false",
    "restart_timeout 1",
    "",
  ].join("\n");

/** Doorbells know one machine, recipients another; what is in between is Mosquitto's own bridge. */
async function startBridged(recipients: readonly RecipientSecrets[]): Promise<RunningBroker> {
  const { secrets: probe } = await createCard(nodeCrypto, { name: "probe", url: "mqtt://x:1", ca: null });
  const inner = await makeMachine([...recipients, probe], "");
  const outer = await makeMachine([], bridgeTo(inner.port));
  const machines = [inner, outer];
  const isBridged = () => crosses(urlOf(outer), urlOf(inner), probe);
  for (const { process: program } of machines) await program.start();
  await isBridged();
  return {
    doorbellUrl: urlOf(outer),
    recipientUrl: urlOf(inner),
    pids: () => machines.map(({ process: program }) => program.pid),
    async crash(side) {
      const { process: program } = side === "doorbell" ? outer : inner;
      await program.kill();
      await program.start();
      await isBridged();
    },
    stop: () => endMachines(machines),
  };
}

/** Settles when a message gets from one machine to the other. */
export async function crosses(from: string, to: string, secrets: RecipientSecrets): Promise<void> {
  const { username, password, topicFilter } = inboxLogin(nodeCrypto, secrets);
  const crossed: string[] = [];
  const reader = await mqttClient(to, { username, password }, () => {
    crossed.push(username);
  });
  const sender = await mqttClient(from);
  try {
    await reader.subscribeAsync(topicFilter, { qos: 1 });
    for (let attempt = 0; attempt < 300 && crossed.length === 0; attempt += 1) {
      await sender.publishAsync(`in/${username}/${"0".repeat(32)}`, "probe", { qos: 1 });
      await sleep(100);
    }
  } finally {
    await Promise.all([reader.endAsync(true), sender.endAsync(true)]);
  }
  if (crossed.length === 0) throw new Error("the bridge passes nothing on");
}

export const mosquitto: Engine = { name: "Mosquitto", cannot, start: startOne };
export const bridgedMosquittos: Engine = { name: "two Mosquittos and a bridge", cannot, start: startBridged };
