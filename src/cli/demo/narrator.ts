import type { Output } from "../terminal.ts";

/** Tells the story line by line as it happens. */
export class Narrator {
  readonly #output: Output;
  readonly #chapters: number;
  #chapter = 0;

  constructor(output: Output, chapters: number) {
    this.#output = output;
    this.#chapters = chapters;
  }

  chapter(title: string): void {
    this.#chapter += 1;
    this.#write(`\n${this.#chapter}/${this.#chapters}  ${title}`);
  }

  say(line: string): void {
    this.#write(`     ${line}`);
  }

  /** A command that a person would type here. */
  typed(command: string): void {
    this.#write(`     $ ${command}`);
  }

  plain(line: string): void {
    this.#write(line);
  }

  #write(line: string): void {
    this.#output.write(`${line}\n`);
  }
}
