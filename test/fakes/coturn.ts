import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.ts";

/** Of the addresses that it hands out; nothing else on this machine sends from it. */
export const RELAY_ADDRESS = "127.0.0.2";
const READY_WITHIN_MS = 60_000;

/** Debian's coturn with the configuration of the guide, on loopback. */
export class Coturn {
  readonly url: string;
  /** Holds the shared secret. */
  readonly secretFile: string;
  readonly #dir: string;
  readonly #process: ChildProcess;

  private constructor(dir: string, port: number, process: ChildProcess) {
    this.#dir = dir;
    this.url = `turn:127.0.0.1:${port}?transport=udp`;
    this.secretFile = join(dir, "secret");
    this.#process = process;
  }

  static async start(): Promise<Coturn> {
    const dir = await mkdtemp(join(tmpdir(), "coturn-"));
    const port = await freePort();
    const secret = "a secret of the test";
    await writeFile(join(dir, "secret"), `${secret}\n`);
    const lines = [
      `listening-port=${port}`,
      "use-auth-secret",
      `static-auth-secret=${secret}`,
      "realm=relay.example.org",
      "fingerprint",
      "no-tcp-relay",
      "no-multicast-peers",
      "no-cli",
      "no-tls",
      "no-dtls",
      // What follows is for one machine alone.
      "listening-ip=127.0.0.1",
      `relay-ip=${RELAY_ADDRESS}`,
      "allow-loopback-peers",
      `userdb=${join(dir, "users.sqlite")}`,
      `pidfile=${join(dir, "pid")}`,
      "log-file=stdout",
    ];
    await writeFile(join(dir, "turnserver.conf"), `${lines.join("\n")}\n`);
    const process = spawn("turnserver", ["-c", join(dir, "turnserver.conf")], { cwd: dir, stdio: "ignore" });
    const coturn = new Coturn(dir, port, process);
    const end = performance.now() + READY_WITHIN_MS;
    while (!(await answersStun(port))) {
      if (process.exitCode !== null || performance.now() > end) {
        await coturn.stop();
        throw new Error("coturn did not start");
      }
      await sleep(50);
    }
    return coturn;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null && this.#process.kill("SIGKILL")) {
      await once(this.#process, "exit");
    }
    await rm(this.#dir, { recursive: true, force: true });
  }
}

/** A binding request (RFC 8489) without attributes. */
const BINDING = Buffer.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...Buffer.from("twelve bytes")]);

async function answersStun(port: number): Promise<boolean> {
  const socket = createSocket("udp4");
  try {
    const answer = once(socket, "message").then(() => true);
    socket.send(BINDING, port, "127.0.0.1");
    return await Promise.race([answer, sleep(500, false)]).catch(() => false);
  } finally {
    socket.close();
  }
}
