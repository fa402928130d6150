#!/usr/bin/env node
// Stands in for rpicam-vid: takes its arguments and writes H.264 with a key frame a second to --output, in real time.
import { spawn } from "node:child_process";

const argument = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
};
const rate = argument("framerate", "30");
const size = `${argument("width", "640")}x${argument("height", "480")}`;
const headersInStream = process.argv.includes("--inline") ? "repeat-headers=1" : "repeat-headers=0";
const child = spawn(
  "ffmpeg",
  [
    ...["-nostdin", "-loglevel", "error", "-y", "-re", "-f", "lavfi", "-i", `testsrc2=size=${size}:rate=${rate}`],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p"],
    ...["-b:v", argument("bitrate", "1000000"), "-g", argument("intra", "60"), "-x264-params", headersInStream],
    ...["-flush_packets", "1", "-f", "h264", argument("output", "-")],
  ],
  { stdio: "inherit" },
);
child.once("exit", (code) => process.exit(code ?? 1));
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => child.kill("SIGKILL"));
