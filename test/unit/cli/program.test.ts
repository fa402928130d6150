import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commands } from "../../../src/cli/commands/all.ts";
import { unsupported } from "../../../src/cli/platform-check.ts";
import { doorward } from "../../fakes/doorward-command.ts";

const LOG_KEY = "eyes.test/requests+43ba06ad+AWPi6n36v6OzdVhYVyVZZ2hzkPmqm2EYJ3riLqvnVvLc";

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

  test("a register that cannot be reached for an audit is said to be that, with status 6", async () => {
    const { exit, out } = await doorward(["register", "audit", "http://127.0.0.1:1", "--key", LOG_KEY, "--json"]);
    expect(JSON.parse(out)).toMatchObject({ ok: false, error: { code: "log/unreachable" } });
    expect(exit).toBe(6);
  });

  test("what a stranger wrote turns no screen's colour or reading direction, in a finding and in a failure", async () => {
    const dir = await mkdtemp(join(tmpdir(), "doorward-foreign-"));
    const hostile = "evil\u202e\u009b31m.example";
    await writeFile(join(dir, "checkpoint"), `${hostile}\n1\n${"A".repeat(43)}=\n\n\u2014 log AAAAAAA=\n`);
    const { out } = await doorward(["register", "audit", dir, "--key", LOG_KEY]);
    expect(out).toContain("log/other-origin: a checkpoint of evil\ufffd\ufffd31m.example");
    const { err } = await doorward(["register", "audit", join(dir, hostile), "--key", LOG_KEY]);
    expect(err).toContain("evil\ufffd\ufffd31m.example does not exist");
    expect(out + err).not.toMatch(/[\u009b\u202e]/u);
    await rm(dir, { recursive: true });
  });

  test("nothing but a word says what there is, and is a wrong command line", async () => {
    for (const words of [[], ["owner"], ["owner", "household"]]) {
      const { exit, out, err } = await doorward(words);
      expect(exit).toBe(2);
      expect(out + err).toContain("Usage: doorward");
    }
  });

  test("what has to come first is said: owner's keys, a doorbell, a recipient's keys, a daemon", async () => {
    const dir = await mkdtemp(join(tmpdir(), "doorward-order-"));
    const at = (name: string): string => join(dir, name);
    await writeFile(at("door.toml"), `[device]\ndata_dir = "${at("door")}"\n`);
    const config = ["--config", at("door.toml")];
    const owner = ["--home", at("owner")];
    const steps: readonly (readonly [words: readonly string[], exit: number, told: RegExp])[] = [
      [["owner", "clips", ...owner], 5, /owner init/],
      [["owner", "init", ...owner], 0, /^$/],
      [["owner", "init", ...owner], 1, /never overwritten/],
      [["owner", "clips", ...owner], 5, /owner pair/],
      [["owner", "pair", "hello", ...owner], 2, /doorward pair/],
      [["recipient", "card", "--home", at("recipient")], 5, /recipient init/],
      [["pair", ...config], 5, /doorward run/],
      [["run", ...config], 5, /doorward init/],
      [["init", ...config], 0, /^$/],
      [["init", ...config], 1, /never overwritten/],
      [["simulate", "dance", ...config], 2, /ring, motion or hold/],
      [["pair", "--config", at("none.toml")], 3, /doorward init/],
    ];
    for (const [words, exit, told] of steps) {
      const ran = await doorward(words);
      expect(ran.exit, `${words.join(" ")}: ${ran.err}`).toBe(exit);
      expect(ran.err).toMatch(told);
    }
    await rm(dir, { recursive: true });
  });

  test("every error without an exception of ours says what and where", async () => {
    const { exit, err } = await doorward([
      "recipient",
      "verify",
      "/nonexistent/share.tar",
      "--home",
      "/nonexistent/home",
    ]);
    expect(exit).toBe(3);
    expect(err).toContain("/nonexistent/share.tar does not exist");
  });

  test("--version is the package's", async () => {
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, "../../../package.json"), "utf8")) as {
      version: string;
    };
    expect(await doorward(["--version"])).toMatchObject({ exit: 0, out: `${version}\n` });
  });
});

describe("a machine that cannot run it", () => {
  test.each([
    ["18.20.4", "x64", "linux", "Node 20.19"],
    ["20.18.9", "x64", "linux", "Node 20.19"],
    ["20.19.0", "arm", "linux", "64-bit"],
    ["24.0.0", "ia32", "linux", "64-bit"],
    ["24.0.0", "arm64", "darwin", "runs on Linux"],
  ])("Node %s on %s, %s is told what to do", (node, architecture, system, told) => {
    expect(unsupported(node, architecture, system)).toContain(told);
  });
  test.each(["20.19.0", "22.0.0", "24.1.0"])("Node %s on a 64-bit Linux can", (node) => {
    expect([unsupported(node, "x64", "linux"), unsupported(node, "arm64", "linux")]).toEqual([null, null]);
  });
});
