import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const MINUTES = 60_000;
let dir: string;
let unpacked: string;
let report: { ok: boolean; files: { file: string; arch: string; bytes: number }[] };

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "doorward-packed-"));
  const words = ["--arch", process.arch, "--use-built", "--as-built", "--quick", "--json", "--out", join(dir, "out")];
  report = JSON.parse(
    execFileSync(join(root, "scripts/package"), words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
  );
  unpacked = join(dir, "unpacked");
  mkdirSync(unpacked);
  mkdirSync(join(dir, "home"));
  mkdirSync(join(dir, "empty"));
  const archive = report.files.find(({ file }) => file.endsWith(".tar.xz"))?.file ?? "";
  execFileSync("tar", ["-xf", join(dir, "out", archive), "-C", unpacked, "--strip-components=1"]);
}, 8 * MINUTES);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** From an empty folder, with an empty HOME and neither Node nor node_modules in reach. */
const doorward = (...words: string[]) =>
  spawnSync(join(unpacked, "bin/doorward"), words, {
    encoding: "utf8",
    cwd: join(dir, "empty"),
    env: { HOME: join(dir, "home"), PATH: "/usr/bin:/bin" },
  });

test("an archive and a Debian package, with their sizes", () => {
  expect(report.ok).toBe(true);
  expect(report.files.map(({ file }) => file.replace(/^.*\./, "")).toSorted()).toEqual(["deb", "xz"]);
  for (const { bytes } of report.files) expect(bytes).toBeGreaterThan(1_000_000);
});

test("the archive runs by itself: help, keys and doctor", () => {
  expect(doorward("--help").stdout).toContain("A private video doorbell");
  const config = join(dir, "home/doorward.toml");
  const setup = doorward(
    "setup",
    "--yes",
    "--board",
    "4",
    "--config",
    config,
    "--data",
    join(dir, "home/data"),
    "--json",
  );
  expect(JSON.parse(setup.stdout)).toMatchObject({ ok: true, configWritten: true, madeKeys: true });
  const { findings } = JSON.parse(doorward("doctor", "--config", config, "--json").stdout) as {
    findings: { topic: string; level: string; found: string }[];
  };
  expect(findings.find(({ topic }) => topic === "system")).toMatchObject({ level: "ok" });
  // Opens the vault, so the compiled database loads.
  expect(JSON.parse(doorward("check", "--config", config, "--json").stdout)).toMatchObject({ ok: true });
});

test("only what runs is in it", () => {
  const files = readdirSync(unpacked, { recursive: true, encoding: "utf8" });
  expect(files.filter((file) => /\.(ts|tsx|cc|cpp|gyp|map)$/.test(file))).toEqual([]);
  expect(
    files.filter((file) => /typescript|vitest|esbuild|playwright/.test(file) && file.includes("node_modules")),
  ).toEqual([]);
  expect(files.filter((file) => file.includes("prebuilds/") && !file.includes(`linux-${process.arch}`))).toEqual([]);
  expect(readFileSync(join(unpacked, "THIRD-PARTY-LICENCES"), "utf8")).toContain("tweetnacl 1.0.3");
});

test("the Debian package holds the same program, units, rules and user", () => {
  const deb = join(dir, "out", report.files.find(({ file }) => file.endsWith(".deb"))?.file ?? "");
  const listed = execFileSync("dpkg-deb", ["--contents", deb], { encoding: "utf8", maxBuffer: 1e8 });
  for (const file of [
    "opt/doorward/dist/program/doorward.cjs",
    "usr/lib/systemd/system/doorward.service",
    "usr/lib/udev/rules.d/60-doorward.rules",
    "usr/lib/sysusers.d/doorward.conf",
  ]) {
    expect(listed).toContain(file);
  }
  expect(listed).not.toMatch(/^\S+ (?!root\/root)/m);
});

test("the bundled program asks onoff for what it has there: a default export", () => {
  const program = join(unpacked, "dist/program");
  const door = readFileSync(join(program, "door.cjs"), "utf8");
  const [, name = "", after] = /require\("\.\/(onoff-[^"]*)"\)\)*(\.\w+)?/.exec(door) ?? [];
  expect(after).toBe(".default");
  const asked = `process.stdout.write(typeof require(${JSON.stringify(join(program, "loader.cjs"))}).load(${JSON.stringify(name)}).default.Gpio)`;
  expect(execFileSync(process.execPath, ["-e", asked], { encoding: "utf8" })).toBe("function");
});
