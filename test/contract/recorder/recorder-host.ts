// A process with a running recorder, to be killed: prints one line when the camera gives pictures.
import { systemClock } from "../../../src/device/platform/clock.ts";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { Recorder } from "../../../src/device/recorder/recorder.ts";
import { recorderDefaults } from "../../../src/device/recorder/recorder-config.ts";

const [runtimeDir = ""] = process.argv.slice(2);
const recorder = new Recorder(
  { ...recorderDefaults, picture: { width: 320, height: 180, framesPerSecond: 15, bitrateKbps: 300 }, runtimeDir },
  { clock: systemClock, log: silentLog, notices: { emit: () => {} }, onMotion: () => {} },
);
await recorder.start();
await recorder.ready();
process.stdout.write("ready\n");
