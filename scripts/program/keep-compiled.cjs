"use strict";
// keep-compiled.cjs: starts a doorbell without pins and camera in a temporary folder, and keeps beside the program what V8
// compiled until it was ready, so that later starts need not. The build does it, and at an installation root: a doorbell's own
// user may not write there, and nothing that it could write is ever loaded as code.
const { execFile, execFileSync, fork } = require("node:child_process");
const { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

const READY_WITHIN_MS = 300_000;
/** As bin/doorward starts it: V8 takes code only under the flags that it was compiled under. */
const FLAGS = ["--max-semi-space-size=2", "--no-memory-reducer"];
const PROGRAM = join(__dirname, "doorward.cjs");

const config = (dataDir) => `[device]
data_dir = "${dataDir}"
clock = "trusted"
[gpio]
driver = "simulated"
[camera]
source = "rtsp"
url = "rtsp://127.0.0.1:9/none"
[sound]
source = "off"
[broker]
port = 0
[web]
port = 0
host = "127.0.0.1"
`;

function asDoorbell() {
  const { load, compiled } = require("./loader.cjs");
  process.argv = [process.execPath, PROGRAM, ...process.argv.slice(2)];
  process.once("message", () => {
    for (const { file, bytes } of compiled()) {
      writeFileSync(`${file}.new`, bytes, { flush: true });
      renameSync(`${file}.new`, file);
    }
    process.exit(0);
  });
  load("main.cjs");
}

function keepCompiled() {
  for (const name of readdirSync(__dirname)) if (name.endsWith(".kept")) rmSync(join(__dirname, name));
  const folder = mkdtempSync(join(tmpdir(), "doorward-compile-"));
  const configFile = join(folder, "doorward.toml");
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(configFile, config(join(folder, "data")));
  execFileSync(process.execPath, [PROGRAM, "init", "--config", configFile], { stdio: ["ignore", "ignore", "inherit"] });
  const child = fork(__filename, ["run", "--config", configFile], { execArgv: FLAGS, silent: true });
  const timeout = setTimeout(() => child.kill("SIGKILL"), READY_WITHIN_MS);
  let output = "";
  let asked = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text) => {
      output += text;
      // A pairing code is given once the web server has been tried.
      if (!asked && output.includes('"ready"')) {
        asked = true;
        execFile(process.execPath, [PROGRAM, "pair", "--json", "--config", configFile], () =>
          child.send("keep", () => {}),
        );
      }
    });
  }
  child.on("exit", (status) => {
    clearTimeout(timeout);
    if (status === 0) return;
    process.stderr.write(`The program was not kept compiled; it starts, more slowly. What it said:\n${output}\n`);
    process.exitCode = 1;
  });
}

if (process.send === undefined) keepCompiled();
else asDoorbell();
