import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { commands } from "../../../src/cli/commands/all.ts";
import { runCli } from "../../../src/cli/program.ts";

interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

async function doorward(words: readonly string[], input = ""): Promise<Ran> {
  let out = "";
  let err = "";
  const exit = await runCli(words, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    stdin: Readable.from([input]),
    environment: { HOME: "/nonexistent" },
    signal: new AbortController().signal,
  });
  return { exit, out, err };
}

describe("the command line", () => {
  test.each(commands.map(({ path }) => path))(
    "`doorward %s --help` says what it does, with an example, and ends with 0",
    async (path) => {
      const { exit, out, err } = await doorward([...path.split(" "), "--help"]);
      expect(exit).toBe(0);
      expect(out).toMatch(/^Usage: doorward /);
      expect(out).toContain("Examples:\n  # ");
      expect(out).toContain("--json");
      expect(err).toBe("");
    },
  );

  test.each(commands.map(({ path }) => path))("`doorward %s` has code behind it", async (path) => {
    const definition = commands.find((command) => command.path === path);
    expect((await definition?.load())?.run).toBeTypeOf("function");
  });

  test("a mistyped command is answered with the nearest one and status 2", async () => {
    const { exit, err } = await doorward(["owner", "clip"]);
    expect(exit).toBe(2);
    expect(err).toContain("clips");
  });

  test("a missing flag is status 2, and says which", async () => {
    const { exit, err } = await doorward(["recipient", "init"]);
    expect(exit).toBe(2);
    expect(err).toContain("--name");
  });

  test("with --json a failure is one JSON value on stdout, also for a wrong command line", async () => {
    const { exit, out } = await doorward(["owner", "consent", "--json"]);
    expect(exit).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ ok: false, error: { code: "cli/usage" } });
    expect(out.trim().split("\n")).toHaveLength(1);
  });

  test("nothing but a word says what there is, and is a wrong command line", async () => {
    for (const words of [[], ["owner"], ["owner", "household"]]) {
      const { exit, out, err } = await doorward(words);
      expect(exit).toBe(2);
      expect(out + err).toContain("Usage: doorward");
    }
  });
});
