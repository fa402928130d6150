import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { mosquittoAcl } from "../../src/mailbox/mosquitto.ts";
import { createCard, inboxLogin, type RecipientSecrets } from "../../src/recipient/card.ts";
import { freePort } from "../fakes/free-port.ts";
import { BrokerProcess } from "./broker-process.ts";
import type { Engine, RunningBroker } from "./engine.ts";
import { bridgeTo, crosses, endMachines, type Machine, makeMachine, urlOf } from "./mosquitto.ts";

const HOST = "localhost";
const ENTRANCE = "entrance";

interface Node {
  readonly name: string;
  readonly process: BrokerProcess;
  readonly mqttPort: number;
  readonly apiPort: number;
}

/**
 * The rules of the mailbox in ejabberd's words, between recipients, which have accounts, and the entrance for doorbells.
 * Doorbells come without a name, and mod_mqtt of ejabberd 23.01 lets nobody in without a password (from 23.04 on it does).
 */
const configuration = (mqttPort: number, apiPort: number): string => `
loglevel: error
hosts: [${HOST}]
auth_method: internal
acl:
  reader: {user_regexp: "^[0-9a-f]{32}$"}
  entrance: {user: ${ENTRANCE}}
  loopback: {ip: [127.0.0.0/8]}
access_rules:
  reader: {allow: reader}
  entrance: {allow: entrance}
listen:
  - {port: ${mqttPort}, ip: "127.0.0.1", module: mod_mqtt, max_payload_size: 262144}
  - {port: ${apiPort}, ip: "127.0.0.1", module: ejabberd_http, request_handlers: {/api: mod_http_api}}
api_permissions:
  local: {who: {access: {allow: loopback}}, what: "*"}
modules:
  mod_http_api: {}
  mod_mqtt:
    session_expiry: 30 days
    max_queue: 64
    access_publish: {"in/+/+": entrance, "rc/+": reader}
    access_subscribe: {"in/%u/+": reader, "rc/+": entrance}
`;

async function makeNode(directory: string, name: string, cluster: Cluster, joins: string | null): Promise<Node> {
  const dir = join(directory, name);
  mkdirSync(dir);
  const [mqttPort, apiPort] = [await freePort(), await freePort()];
  const config = join(dir, "ejabberd.yml");
  writeFileSync(config, configuration(mqttPort, apiPort));
  const node = `${name}@${HOST}`;
  // Once only: a node that is started again is still a member, and joining would empty it.
  const mark = join(dir, "joined");
  const joinOnce = `filelib:is_file("${mark}") orelse begin ok = ejabberd_cluster:join('${joins}'), ok = file:write_file("${mark}", "") end`;
  const args = [
    ...["-sname", node, "-setcookie", cluster.cookie, "-noinput"],
    ...["-kernel", "inet_dist_use_interface", "{127,0,0,1}"],
    ...["-mnesia", "dir", `"${join(dir, "mnesia")}"`, "-s", "ejabberd", ...(joins === null ? [] : ["-eval", joinOnce])],
  ];
  const env = {
    EJABBERD_CONFIG_PATH: config,
    EJABBERD_LOG_PATH: join(dir, "ejabberd.log"),
    ERL_LIBS: erlangLibraries(),
    ERL_EPMD_PORT: String(cluster.epmdPort),
    HOME: dir,
  };
  return { name: node, process: new BrokerProcess({ program: "erl", args, env, port: mqttPort }), mqttPort, apiPort };
}

/** Where Debian puts ejabberd's own Erlang applications. */
const erlangLibraries = (): string =>
  process.arch === "arm64" ? "/usr/lib/aarch64-linux-gnu" : "/usr/lib/x86_64-linux-gnu";

interface Cluster {
  readonly cookie: string;
  /** A port mapper of the cluster's own: the machine's may serve others, and would stay after us. */
  readonly epmdPort: number;
}

async function call({ apiPort }: Node, command: string, body: object): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${apiPort}/api/${command}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`ejabberd ${command}: ${response.status} ${text}`);
  return JSON.parse(text);
}

async function untilJoined(node: Node, nodes: number): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const names = await call(node, "list_cluster", {}).catch(() => []);
    if (Array.isArray(names) && names.length === nodes) return;
    await sleep(100);
  }
  throw new Error("the second node did not join the cluster");
}

/** A Mosquitto for connections without a name, bridged to the cluster under one account. */
async function makeEntrance(node: Node, password: string): Promise<Machine> {
  const login = [`remote_username ${ENTRANCE}`, `remote_password ${password}`];
  const machine = await makeMachine([], bridgeTo(node.mqttPort, login));
  const onlyDoorbells = mosquittoAcl().replaceAll(/^pattern .*$/gm, "");
  writeFileSync(join(machine.directory, "doorward-mailbox.acl"), onlyDoorbells, { mode: 0o600 });
  return machine;
}

async function startCluster(recipients: readonly RecipientSecrets[]): Promise<RunningBroker> {
  const directory = mkdtempSync(join(tmpdir(), "ejabberd-"));
  const cluster = { cookie: randomBytes(12).toString("hex"), epmdPort: await freePort() };
  const epmdArgs = ["-port", String(cluster.epmdPort), "-address", "127.0.0.1"];
  const epmd = new BrokerProcess({ program: "epmd", args: epmdArgs, port: cluster.epmdPort });
  await epmd.start();
  const inner = await makeNode(directory, "recipients", cluster, null);
  const outer = await makeNode(directory, "doorbells", cluster, inner.name);
  const password = randomBytes(16).toString("hex");
  const entrance = await makeEntrance(outer, password);
  const { secrets: probe } = await createCard(nodeCrypto, { name: "probe", url: "mqtt://x:1", ca: null });
  const recipientUrl = `mqtt://127.0.0.1:${inner.mqttPort}`;
  const stop = async (): Promise<void> => {
    await endMachines([entrance]);
    for (const { process: program } of [outer, inner]) await program.stop();
    await epmd.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  const start = async (node: Node): Promise<void> => {
    await node.process.start();
    await untilJoined(inner, 2);
    await untilJoined(outer, 2);
  };
  try {
    await inner.process.start();
    await start(outer);
    await call(inner, "register", { user: ENTRANCE, host: HOST, password });
    for (const secrets of [...recipients, probe]) {
      const login = inboxLogin(nodeCrypto, secrets);
      await call(inner, "register", { user: login.username, host: HOST, password: login.password });
    }
    await entrance.process.start();
    await crosses(urlOf(entrance), recipientUrl, probe);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    doorbellUrl: urlOf(entrance),
    recipientUrl,
    pids: () => [inner.process.pid, outer.process.pid, entrance.process.pid],
    async crash(side) {
      const node = side === "doorbell" ? outer : inner;
      await node.process.kill();
      await start(node);
      await crosses(urlOf(entrance), recipientUrl, probe);
    },
    stop,
  };
}

export const ejabberdCluster: Engine = {
  name: "ejabberd cluster of two nodes, behind a Mosquitto for doorbells",
  cannot: {
    "passes no receipt to one who asks for all of them": "as with Mosquitto, which is what doorbells meet here",
  },
  start: startCluster,
};
