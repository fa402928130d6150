import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const WITHIN_MS = 15_000;
/** Names that stay when two USB cameras swap their numbers; `index0` is the picture, others are metadata. */
const CAMERAS_BY_ID = "/dev/v4l/by-id";

/** What is plugged in, as an answer to "which camera?": what setup proposes. */
export async function foundCamera(isPi: boolean, byId = CAMERAS_BY_ID): Promise<string> {
  if (isPi && /^\s*\d+ : /m.test(await output("rpicam-hello", ["--list-cameras"]))) return "rpicam";
  const names = await readdir(byId).catch(() => []);
  const usb = names.filter((name) => name.endsWith("-video-index0")).toSorted()[0];
  if (usb !== undefined) return `${byId}/${usb}`;
  return isPi ? "rpicam" : "none";
}

/** The same for the microphone, beside the camera that was chosen. */
export async function foundMicrophone(camera: string): Promise<string> {
  if (camera === "none" || /^rtsps?:/.test(camera)) return "camera";
  const card = /^plughw:CARD=\S+/m.exec(await output("arecord", ["-L"]))?.[0];
  return card ?? "off";
}

async function output(program: string, words: readonly string[]): Promise<string> {
  return run(program, words, { timeout: WITHIN_MS }).then(
    ({ stdout }) => stdout,
    () => "",
  );
}
