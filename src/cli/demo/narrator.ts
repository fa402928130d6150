import type { Output } from "../terminal.ts";

export interface Telling {
  readonly chapters: number;
  /** Where the story happens: its files are named from here, so that a line shows what differs. */
  readonly dir: string;
  /** Width of the screen, if it is one. */
  readonly columns: number | undefined;
}

const INDENT = "     ";

/** Tells the story line by line as it happens. */
export class Narrator {
  readonly #output: Pick<Output, "write">;
  readonly #telling: Telling;
  #chapter = 0;

  constructor(output: Pick<Output, "write">, telling: Telling) {
    this.#output = output;
    this.#telling = telling;
  }

  /** Somebody looks at a screen, and may scan something there. */
  get isForPeople(): boolean {
    return this.#telling.columns !== undefined;
  }

  chapter(title: string): void {
    this.#chapter += 1;
    this.#write(`\n${this.#chapter}/${this.#telling.chapters}  ${title}`);
  }

  say(line: string): void {
    this.#wrap(this.#short(line), INDENT, "");
  }

  /** A command that a person would type here. */
  typed(command: string): void {
    this.#wrap(`$ ${this.#short(command)}`, INDENT, " \\");
  }

  plain(line: string): void {
    this.#write(line);
  }

  #short(line: string): string {
    return line.replaceAll(`${this.#telling.dir}/`, "");
  }

  /** @param broken - Ends a line that goes on. */
  #wrap(text: string, indent: string, broken: string): void {
    const { columns = Number.POSITIVE_INFINITY } = this.#telling;
    let line = indent;
    for (const word of text.split(" ")) {
      const isFirst = line.trim() === "";
      if (!isFirst && line.length + 1 + word.length + broken.length > columns) {
        this.#write(line + broken);
        line = indent + (broken === "" ? "" : "    ") + word;
      } else line += isFirst ? word : ` ${word}`;
    }
    this.#write(line);
  }

  #write(line: string): void {
    this.#output.write(`${line}\n`);
  }
}
