import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";

const LOGIN = { username: "home", password: "a word of the test" };

export interface OutsideMosquitto {
  readonly url: string;
  /** Lines of the doorbell's `[broker]`, as docs/guide/away.md has them. */
  readonly settings: string;
  stop(): Promise<void>;
}

/** Debian's Mosquitto as docs/guide/away.md sets it up, WebSockets over TLS and a login, here on loopback. */
export async function startOutsideMosquitto(): Promise<OutsideMosquitto> {
  const dir = await mkdtemp(join(tmpdir(), "outside-mosquitto-"));
  const path = (name: string): string => join(dir, name);
  const port = await freePort();
  const certificate = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path("key.pem")];
  execFileSync("openssl", ["req", "-x509", ...key, ...certificate, "-out", path("certificate.pem")], {
    stdio: "ignore",
  });
  execFileSync("mosquitto_passwd", ["-b", "-c", path("passwd"), LOGIN.username, LOGIN.password], { stdio: "ignore" });
  await writeFile(path("password"), `${LOGIN.password}\n`);
  const lines = [
    // Mosquitto 2.0.11 does not start with WebSockets alone.
    `listener 0 ${path("unused.sock")}`,
    `listener ${port} 127.0.0.1`,
    "socket_domain ipv4",
    "protocol websockets",
    `certfile ${path("certificate.pem")}`,
    `keyfile ${path("key.pem")}`,
    `password_file ${path("passwd")}`,
    "allow_anonymous false",
    "persistence false",
    "max_packet_size 1200000",
    "log_dest none",
    ...(process.getuid?.() === 0 ? ["user root"] : []), // else it may not read its files here
  ];
  await writeFile(path("mosquitto.conf"), `${lines.join("\n")}\n`);
  const broker = spawn("/usr/sbin/mosquitto", ["-c", path("mosquitto.conf")], { stdio: "ignore" });
  const gone = once(broker, "exit");
  while (!(await listens(port))) {
    if (broker.exitCode !== null) throw new Error("Mosquitto did not start");
    await sleep(50);
  }
  const url = `wss://localhost:${port}/`;
  return {
    url,
    settings: [
      `url = "${url}"`,
      `ca = "${path("certificate.pem")}"`,
      `username = "${LOGIN.username}"`,
      `password_file = "${path("password")}"`,
      `reach = ["${url}"]`,
    ].join("\n"),
    async stop() {
      broker.kill("SIGTERM");
      await gone;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function listens(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
