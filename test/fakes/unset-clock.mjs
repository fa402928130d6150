/**
 * Put before a program by `node --import`: its machine's clock is days behind and known to be, as after a power cut on a
 * board without a clock battery, until the file CLOCK_IS_SET_BY is there.
 */
import childProcess from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const BEHIND_MS = 5 * 86_400_000;
const { existsSync } = fs;
const { execFile } = childProcess;
const trueNow = Date.now;
const isSet = () => existsSync(process.env.CLOCK_IS_SET_BY ?? "");

Date.now = () => trueNow() - (isSet() ? 0 : BEHIND_MS);
fs.existsSync = (path) => (path === "/run/systemd/timesync/synchronized" ? isSet() : existsSync(path));
childProcess.execFile = (file, ...rest) => execFile(file === "timedatectl" ? "false" : file, ...rest);
syncBuiltinESMExports();
