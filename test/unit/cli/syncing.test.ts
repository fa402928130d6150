import { expect, test } from "vitest";
import { tellTrouble } from "../../../src/cli/syncing.ts";
import { Terminal } from "../../../src/cli/terminal.ts";
import { LogError } from "../../../src/protocol/tlog/errors.ts";

test("a register's trouble is told in words that turn no screen's colour or reading direction", () => {
  const said: string[] = [];
  const stdout = { write: (text: string) => said.push(text) };
  const terminal = new Terminal({ stdout, stderr: stdout, stdin: process.stdin }, false);
  const register = { logKey: "log.example+00000000+AAAA", url: null, witnesses: [], quorum: 0 };
  const error = new LogError("log/other-origin", "a checkpoint of evil\u202e\u009b31m.example");
  tellTrouble(terminal, { clips: [], registers: [{ outcome: "failed", register, error }] });
  expect(said.join("")).toContain("log.example: a checkpoint of evil\ufffd\ufffd31m.example (log/other-origin)");
});
