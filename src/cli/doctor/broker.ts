import { once } from "node:events";
import { access, constants, readFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { BrokerConfig } from "../../device/config/config.ts";
import { type BrokerAddress, connectBroker } from "../broker-connection.ts";
import { parseBrokerUrl } from "../broker-url.ts";
import { withDeadline } from "../deadline.ts";
import type { Check, DoctorContext, Found } from "./finding.ts";

const CONNECT_WITHIN_MS = 3000;
/** What systemd gives to the unit alone; doctor runs outside it. */
const CREDENTIALS = "/run/credentials/";

export const brokerCheck: Check = {
  topic: "broker",
  async look({ config: { broker }, isDaemonRunning, daemon, signal }) {
    const refused = (await Promise.all(filesOf(broker).map(unreadable))).filter((found) => found !== null);
    const problems = refused.filter(({ where }) => !where.startsWith(CREDENTIALS));
    if (problems.length > 0) return problems;
    if (broker.kind === "embedded") return [await lookAtOwn(broker, isDaemonRunning, signal)];
    return [await lookAtOther(broker, { isSecretHidden: refused.length > 0, daemon }, signal)];
  },
};

async function lookAtOwn(
  { host, port }: Extract<BrokerConfig, { kind: "embedded" }>,
  isDaemonRunning: boolean,
  signal: AbortSignal,
): Promise<Found> {
  const where = `${host}:${port}`;
  if (!isDaemonRunning) {
    if (await canListen(host, port)) return { level: "ok", found: "own: its port is free", where };
    return {
      level: "problem",
      found: "own: its port is taken",
      where,
      remedy: "Another program listens there (`ss -ltnp`): stop it, or set `port` in [broker].",
    };
  }
  if (port === 0) return { level: "ok", found: "own: runs on a free port" };
  if (await answers(host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host, port, signal)) {
    const isLocal = host === "127.0.0.1" || host === "::1" || host === "localhost";
    if (!isLocal) return { level: "ok", found: "own: answers", where };
    return {
      level: "note",
      found: "own: answers on this machine only",
      where,
      remedy: 'For phones in the same network: `host = "0.0.0.0"` in [broker].',
    };
  }
  return {
    level: "problem",
    found: "own: does not answer",
    where,
    remedy: "Look at the daemon's log: `journalctl -u doorward`.",
  };
}

async function lookAtOther(
  broker: Extract<BrokerConfig, { kind: "external" }>,
  { isSecretHidden, daemon }: { readonly isSecretHidden: boolean } & Pick<DoctorContext, "daemon">,
  signal: AbortSignal,
): Promise<Found> {
  const url = parseBrokerUrl(broker.url);
  const port = Number(url.port || (url.protocol === "mqtts:" ? 8883 : 1883));
  if (!(await answers(url.hostname, port, signal))) {
    return {
      level: "problem",
      found: "existing one: cannot be reached",
      where: broker.url,
      remedy: "Check the address in [broker], the network, and that it runs.",
    };
  }
  if (broker.username === null) return { level: "ok", found: "existing one: answers", where: broker.url };
  if (isSecretHidden && (daemon === null || daemon.failure !== null)) {
    return {
      level: "ok",
      found: "existing one: answers; the login is the unit's secret, not tried",
      where: broker.url,
    };
  }
  if (isSecretHidden && daemon?.isLinkUp === true) {
    return { level: "ok", found: "existing one: lets the daemon in", where: broker.url };
  }
  try {
    (await connectBroker(await loginOf(broker, broker.username), signal)).end(true);
    return { level: "ok", found: "existing one: lets us in", where: broker.url };
  } catch (error) {
    signal.throwIfAborted();
    return {
      level: "problem",
      found: "existing one: answers, but does not let us in",
      where: `${broker.url}: ${error instanceof Error ? error.message : String(error)}`,
      remedy: "Check `username`, `password_file` and `ca` in [broker], and the broker's own list of users.",
    };
  }
}

async function loginOf(broker: Extract<BrokerConfig, { kind: "external" }>, username: string): Promise<BrokerAddress> {
  const password = broker.passwordFile === null ? "" : await firstLine(broker.passwordFile);
  const ca = broker.caFile === null ? {} : { ca: await readFile(broker.caFile, "utf8") };
  return { url: broker.url, username, password, ...ca };
}

async function firstLine(file: string): Promise<string> {
  return (await readFile(file, "utf8")).split("\n", 1)[0]?.trimEnd() ?? "";
}

function filesOf(broker: BrokerConfig): readonly string[] {
  const files =
    broker.kind === "embedded" ? [broker.tls?.certFile, broker.tls?.keyFile] : [broker.caFile, broker.passwordFile];
  return files.filter((file) => typeof file === "string");
}

async function unreadable(file: string): Promise<(Found & { readonly where: string }) | null> {
  return access(file, constants.R_OK).then(
    () => null,
    () => ({
      level: "problem" as const,
      found: "a file named in [broker] cannot be read",
      where: file,
      remedy: "Check its path and rights.",
    }),
  );
}

async function canListen(host: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

async function answers(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, "connect", { signal: withDeadline(signal, CONNECT_WITHIN_MS) });
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  } finally {
    socket.destroy();
  }
}
