import type { ChildProcess } from "node:child_process";
import type { Ssh } from "./ssh.ts";

interface Entry {
  /** Seconds, by the remote machine's clock. */
  readonly at: number;
  readonly text: string;
}

/** What the doorbell's unit writes to the journal, followed by one program: asking anew each time costs an emulated processor much. */
export class Journal {
  readonly #child: ChildProcess;
  readonly #entries: Entry[] = [];
  #rest = "";

  constructor(ssh: Ssh) {
    this.#child = ssh.open("journalctl -u doorward -o short-unix --no-pager --follow --lines=20");
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#take(text));
    this.#child.stderr?.resume();
  }

  /** Whether a message since then contains the text. */
  says(text: string, since: number): boolean {
    return this.#entries.some((entry) => entry.at >= since && entry.text.includes(text));
  }

  stop(): void {
    this.#child.kill();
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#entries.push({ at: Number.parseFloat(line), text: line });
  }
}
