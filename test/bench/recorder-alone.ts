// A recorder in a process of its own, until its stdin ends. Argument: the folder for its sockets. Prints a line when the
// camera gives pictures.
import { systemClock } from "../../src/device/platform/clock.ts";
import { silentLog } from "../../src/device/platform/logger.ts";
import { Recorder } from "../../src/device/recorder/recorder.ts";
import { recorderDefaults } from "../../src/device/recorder/recorder-config.ts";

const [runtimeDir = ""] = process.argv.slice(2);
const recorder = new Recorder(
  { ...recorderDefaults, runtimeDir },
  { clock: systemClock, log: silentLog, notices: { emit: () => {} }, onMotion: () => {} },
);
await recorder.start();
await recorder.ready();
process.stdout.write("ready\n");
process.stdin.resume().once("end", () => void recorder.stop());
