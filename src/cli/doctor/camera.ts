import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { promisify } from "node:util";
import { RecorderError, recorderErrors } from "../../device/recorder/errors.ts";
import { describeSource } from "../../device/recorder/sources/sources.ts";
import type { Check, DoctorContext, Found } from "./finding.ts";

const run = promisify(execFile);

export const cameraCheck: Check = {
  topic: "camera",
  async look({ config: { recorder }, isDaemonRunning }) {
    const { source } = recorder;
    if (source.kind === "test-pattern") {
      return [{ level: "note", found: "a test pattern stands in for the camera", remedy: "Set `source` in [camera]." }];
    }
    const place = placeOf(source);
    if (source.kind === "v4l2") {
      const problem = await deviceProblem(source.device);
      if (problem !== null) return [problem];
    }
    if (isDaemonRunning && (source.kind === "v4l2" || source.kind === "rpicam")) {
      return [{ level: "ok", found: `${source.kind}: in the hands of the running daemon, not tried`, where: place }];
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
  async look({ config: { recorder, sensor }, signal }) {
    const { sound } = recorder;
    const { soundFile, speaker } = sensor.chime;
    const found: Found[] = [];
    if (sound.kind === "off") found.push({ level: "ok", found: "off: clips are silent" });
    else if (sound.kind === "camera") found.push({ level: "ok", found: "comes with the picture" });
    else found.push(await soundDevice("microphone", "arecord", sound.device, signal));
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

async function soundDevice(what: string, program: string, device: string, signal: AbortSignal): Promise<Found> {
  try {
    const { stdout } = await run(program, ["-L"], { signal });
    const names = stdout.split("\n").filter((line) => /^\S/.test(line));
    const isKnown = device === "default" || /^(plug)?hw:/.test(device) || names.includes(device);
    if (isKnown && names.length > 1) return { level: "ok", found: `${what} configured`, where: device };
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
