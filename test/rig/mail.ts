import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Ssh } from "./ssh.ts";

export interface Message {
  /** Seconds, by the remote machine's clock. */
  readonly at: number;
  readonly topic: string;
  readonly bytes: number;
}

/** What a subscriber beside the broker gets. */
export class Mail {
  readonly #child: ChildProcess;
  readonly #messages: Message[] = [];
  #rest = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#take(text));
    child.stderr?.resume();
  }

  /** Settles when it is subscribed. */
  static async of(ssh: Ssh): Promise<Mail> {
    const mail = new Mail(ssh.open("mosquitto_sub -h 127.0.0.1 -t '#' -F '%U %t %l'"));
    const probe = "rig/subscribed";
    while (!mail.#messages.some(({ topic }) => topic === probe)) {
      await ssh.run(`mosquitto_pub -h 127.0.0.1 -t ${probe} -m 1`);
      await sleep(200);
    }
    mail.#messages.length = 0;
    return mail;
  }

  /** Of all messages so far. */
  get smallestBytes(): number {
    return Math.min(...this.#messages.map(({ bytes }) => bytes));
  }

  /** @returns When the first such message since came, in remote seconds. */
  async first(since: number, isIt: (message: Message) => boolean, withinMs: number): Promise<number> {
    const end = Date.now() + withinMs;
    for (;;) {
      const found = this.#messages.find((message) => message.at >= since && isIt(message));
      if (found !== undefined) return found.at;
      if (Date.now() > end) throw new Error(`no such message within ${withinMs / 1000} s`);
      await sleep(50);
    }
  }

  stop(): void {
    this.#child.kill();
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const [at = "", topic = "", bytes = ""] = line.split(" ");
      this.#messages.push({ at: Number(at), topic, bytes: Number(bytes) });
    }
  }
}
