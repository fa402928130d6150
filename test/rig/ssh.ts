import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asRoot } from "./shell.ts";

export interface SshAddress {
  readonly user: string;
  readonly host: string;
  readonly port: number;
  /** Of the private key; null: the runner's own. */
  readonly keyFile: string | null;
}

/** @param text - `ssh://user@host[:port][?key=FILE]`. @throws Error that says what is wrong with it. */
export function parseSshAddress(text: string): SshAddress {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== "ssh:" || url.hostname === "") {
    throw new Error(`RIG is ssh://user@host[:port], such as ssh://pi@doorbell.local, not "${text}"`);
  }
  const keyFile = url.searchParams.get("key");
  return { user: url.username || "root", host: url.hostname, port: Number(url.port || 22), keyFile };
}

export class RemoteFailure extends Error {
  override readonly name = "RemoteFailure";
}

/** Of our clock; an emulated machine beside much other work is very slow by it. */
const RUN_WITHIN_MS = 1_200_000;
/** The first log-in serves the next ones for so long after the last: one costs an emulated processor seconds. */
const KEPT_SECONDS = 30;

/** Runs programs on the machine with the doorbell: the rig's own virtual one, or a Pi. */
export class Ssh {
  readonly #address: SshAddress;
  readonly #connections: string;

  /** As {@link parseSshAddress} takes it. */
  get address(): string {
    const { user, host, port, keyFile } = this.#address;
    return `ssh://${user}@${host}:${port}${keyFile === null ? "" : `?key=${keyFile}`}`;
  }

  constructor(address: SshAddress) {
    this.#address = address;
    this.#connections = mkdtempSync(join(tmpdir(), "doorward-ssh-"));
    process.once("exit", () => rmSync(this.#connections, { recursive: true, force: true }));
  }

  /** A program that stays: its ends are the channel. */
  open(command: string): ChildProcess {
    const { user, host, port, keyFile } = this.#address;
    const isOurs = keyFile !== null;
    const words = [
      ...(isOurs ? ["-i", keyFile, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"] : []),
      ...["-o", "LogLevel=ERROR", "-o", "BatchMode=yes", "-o", "ConnectTimeout=60", "-o", "ServerAliveInterval=30"],
      ...[
        "-o",
        "ControlMaster=auto",
        "-o",
        `ControlPath=${this.#connections}/%C`,
        "-o",
        `ControlPersist=${KEPT_SECONDS}`,
      ],
      ...["-p", String(port), `${user}@${host}`, asRoot(user, command)],
    ];
    return spawn("ssh", words, { stdio: ["pipe", "pipe", "pipe"] });
  }

  /**
   * @param command - For the remote shell.
   * @returns What it printed.
   * @throws RemoteFailure with its last words, where it ends with another status than 0 or takes too long.
   */
  run(
    command: string,
    { input = "", withinMs = RUN_WITHIN_MS }: { input?: string; withinMs?: number } = {},
  ): Promise<string> {
    const child = this.open(command);
    let out = "";
    let err = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      err += text;
    });
    child.stdin?.on("error", () => {}); // it ended without reading: its status says why
    child.stdin?.end(input);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => child.kill("SIGKILL"), withinMs);
      child.once("error", reject);
      child.once("close", (status, signal) => {
        clearTimeout(timer);
        if (status === 0) resolve(out);
        else
          reject(
            new RemoteFailure(`${command}\nended with ${status ?? signal}:\n${out.slice(-1500)}${err.slice(-1500)}`),
          );
      });
    });
  }
}
