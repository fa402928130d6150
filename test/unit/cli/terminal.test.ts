import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { Options } from "../../../src/cli/options.ts";
import { qrForTerminal } from "../../../src/cli/qr.ts";
import { Terminal } from "../../../src/cli/terminal.ts";

const ESCAPE = "\u001b";

function terminalWith({ json = false, isTTY = false, input = "" }): {
  terminal: Terminal;
  out: () => string;
  err: () => string;
} {
  let out = "";
  let err = "";
  const stdout = { write: (text: string) => (out += text), isTTY };
  const stderr = { write: (text: string) => (err += text), isTTY, columns: 80 };
  const terminal = new Terminal({ stdout, stderr, stdin: Readable.from(input === "" ? [] : [input]) }, json);
  return { terminal, out: () => out, err: () => err };
}
const never = new AbortController().signal;

describe("what a command says", () => {
  test("with --json no prose reaches stdout", () => {
    const { terminal, out, err } = terminalWith({ json: true });
    terminal.say("a table");
    terminal.note("a note");
    terminal.progress("Working").end("done");
    expect(out()).toBe("");
    expect(err()).toContain("a note");
  });

  test("progress in a pipe has no control characters; in a terminal it is redrawn in place", () => {
    for (const isTTY of [false, true]) {
      const { terminal, err } = terminalWith({ isTTY });
      const progress = terminal.progress("Fetching");
      for (let done = 0; done <= 10; done += 1) progress.update(done, 10);
      progress.end("Fetched.");
      expect(err().includes(ESCAPE)).toBe(isTTY);
      expect(err().endsWith("Fetched.\n")).toBe(true);
      if (isTTY) expect(err()).toContain("100 %");
    }
  });

  test.each([
    ["y\n", true],
    ["YES\n", true],
    ["\n", false],
    ["n\n", false],
    ["yeah, but no\n", false],
    ["", false],
  ])("the answer %j to a question is %s", async (input, agreed) => {
    expect(await terminalWith({ input }).terminal.confirm("Share this?", never)).toBe(agreed);
  });
});

describe("flags", () => {
  const options = new Options({ ms: "30", big: "9999", word: "soon", negative: "-1", sound: true });
  test("a number within its range is a number", () => expect(options.integer("ms", { min: 1, max: 100 })).toBe(30));
  test.each(["big", "word", "negative"])("--%s outside its range is refused with the range", (name) => {
    expect(() => options.integer(name, { min: 1, max: 100 })).toThrow(/from 1 to 100/);
  });
  test("a flag that was not given is off", () => {
    expect([options.flag("sound"), options.flag("picture")]).toEqual([true, false]);
  });
});

describe("the pairing code", () => {
  test("is drawn in blocks only, dark on light in a terminal with colours", () => {
    expect(qrForTerminal("doorward", false)).toMatch(/^[█▀▄ \n]+$/u);
    const coloured = qrForTerminal("doorward", true).split("\n");
    expect(coloured.every((line) => line.startsWith(`${ESCAPE}[30;47m`) && line.endsWith(`${ESCAPE}[0m`))).toBe(true);
  });
});
