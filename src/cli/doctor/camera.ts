import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { promisify } from "node:util";
import { RecorderError, recorderErrors } from "../../device/recorder/errors.ts";
import { describeSource } from "../../device/recorder/sources/sources.ts";
import type { Check, DoctorContext, Found } from "./finding.ts";

const run = promisify(execFile);
const LIST_WITHIN_MS = 15_000;

export const cameraCheck: Check = {
  topic: "camera",
  async look({ config: { recorder }, isDaemonRunning, daemon, signal }) {
    const { source } = recorder;
    if (source.kind === "test-pattern") {
      return [{ level: "note", found: "a test pattern stands in for the camera", remedy: "Set `source` in [camera]." }];
    }
    const place = placeOf(source);
    if (source.kind === "v4l2") {
      const problem = await deviceProblem(source.device);
      if (problem !== null) return [problem];
    }
    const lost = daemon?.cameraLost ?? null;
    if (lost !== null) {
      return [
        { level: "problem", found: `${source.kind}: gives no picture (${lost.code})`, where: place, remedy: lost.todo },
      ];
    }
    if (isDaemonRunning && (source.kind === "v4l2" || source.kind === "rpicam")) {
      return [{ level: "ok", found: `${source.kind}: in the hands of the running daemon, not tried`, where: place }];
    }
    if (source.kind === "rpicam") {
      const problem = await ribbonProblem(source.program, signal);
      if (problem !== null) return [problem];
    }
    try {
      const { picture, sound } = await describeSource(recorder);
      const found = `${source.kind}: ${picture.isH264 ? "gives H.264, recorded as it is" : "is encoded here"}, ${sound === null ? "no sound" : "with sound"}`;
      return [{ level: "ok", found, where: place }];
    } catch (error) {
      if (!(error instanceof RecorderError)) throw error;
      return [
        {
          level: "problem",
          found: `${source.kind}: does not work (${error.code})`,
          where: `${place}: ${error.message}`,
          remedy: recorderErrors[error.code],
        },
      ];
    }
  },
};

export const soundCheck: Check = {
  topic: "sound",
  async look({ config: { recorder, sensor }, daemon, signal }) {
    const { sound } = recorder;
    const { soundFile, speaker } = sensor.chime;
    const found: Found[] = [];
    if (sound.kind === "off") found.push({ level: "ok", found: "off: clips are silent" });
    else if (sound.kind === "camera") found.push({ level: "ok", found: "comes with the picture" });
    else if (daemon?.microphoneLost === true) {
      found.push({
        level: "problem",
        found: "the microphone is lost",
        where: sound.device,
        remedy: "Plug it in, or set `device` in [sound] to a name from `arecord -L`; `off` says that there is none.",
      });
    } else found.push(await soundDevice("microphone", "arecord", sound.device, signal));
    if (soundFile !== null) {
      found.push(
        await readable("chime's sound file", soundFile),
        await soundDevice("speaker", "aplay", speaker, signal),
      );
    }
    return found;
  },
};

function placeOf(source: DoctorContext["config"]["recorder"]["source"]): string {
  switch (source.kind) {
    case "file":
      return source.path;
    case "v4l2":
      return source.device;
    case "rtsp":
      return URL.canParse(source.url) ? new URL(source.url).host : "";
    case "rpicam":
      return source.program;
    default:
      return "";
  }
}

async function deviceProblem(device: string): Promise<Found | null> {
  try {
    await access(device, constants.R_OK | constants.W_OK);
    return null;
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code !== "ENOENT";
    return {
      level: "problem",
      found: isThere ? "v4l2: no permission" : "v4l2: no such device",
      where: device,
      remedy: isThere
        ? "Add the doorbell's user to the group `video`: `sudo usermod -aG video doorward`."
        : "Plug the camera in; `v4l2-ctl --list-devices` shows what there is.",
    };
  }
}

/** The program itself finds out what is at the ribbon cable's socket. */
async function ribbonProblem(program: string, signal: AbortSignal): Promise<Found | null> {
  try {
    const { stdout, stderr } = await run(program, ["--list-cameras"], { signal, timeout: LIST_WITHIN_MS });
    if (/^\s*\d+ : /m.test(stdout + stderr)) return null;
  } catch (error) {
    signal.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return {
        level: "problem",
        found: "rpicam: its program is missing",
        where: program,
        remedy: "`sudo apt install rpicam-apps`.",
      };
    }
  }
  return {
    level: "problem",
    found: "rpicam: no camera found",
    where: program,
    remedy: "Check the ribbon cable, with the power off: its blue side towards the Ethernet socket.",
  };
}

/** `plughw:CARD=Device,DEV=0`, `hw:1,0`: cards by name or number, which `-L` lists in one form only. */
async function isCardThere(program: string, device: string, signal: AbortSignal): Promise<boolean> {
  const [, wanted = ""] = /^(?:plug)?hw:(?:CARD=)?([^,]+)/.exec(device) ?? [];
  const env = { ...process.env, LC_ALL: "C" };
  const listed = await run(program, ["-l"], { signal, env }).catch(() => ({ stdout: "" }));
  return [...listed.stdout.matchAll(/^card (\d+): (\S+) /gm)].some((card) => card.slice(1).includes(wanted));
}

async function soundDevice(what: string, program: string, device: string, signal: AbortSignal): Promise<Found> {
  try {
    const { stdout } = await run(program, ["-L"], { signal });
    const names = stdout.split("\n").filter((line) => /^\S/.test(line));
    const isCard = /^(plug)?hw:/.test(device);
    const isKnown = isCard
      ? await isCardThere(program, device, signal)
      : names.length > 1 && (device === "default" || names.includes(device));
    signal.throwIfAborted();
    if (isKnown) return { level: "ok", found: `${what} configured`, where: device };
    return {
      level: "problem",
      found: `${what} not found`,
      where: device,
      remedy: `\`${program} -L\` lists the names there are.`,
    };
  } catch {
    signal.throwIfAborted();
    return { level: "problem", found: `${program} is missing`, remedy: "`sudo apt install alsa-utils`." };
  }
}

async function readable(what: string, file: string): Promise<Found> {
  try {
    await access(file, constants.R_OK);
    return { level: "ok", found: `${what} is there`, where: file };
  } catch {
    return { level: "problem", found: `${what} cannot be read`, where: file, remedy: "Check its path and rights." };
  }
}
