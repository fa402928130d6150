import { hostname } from "node:os";
import { migrations } from "../../device/config/migrations.ts";
import { readConfig } from "../../device/config/read-config.ts";
import { exampleConfig } from "../../device/config/reference.ts";
import { CliError } from "../errors.ts";

/** What a person is asked, as the words that are typed or given by flag. */
export interface Answers {
  readonly name: string;
  /** `rpicam`, `/dev/video0`, `rtsp://…` or `none`. */
  readonly camera: string;
  /** `off`, `camera`, or the name of a sound card as `arecord -L` lists it. */
  readonly microphone: string;
  /** `own`, `shared` (the unit doorward-broker of this machine), or the address of an existing broker. */
  readonly broker: string;
  readonly brokerUser: string;
  /** Where the password of an existing broker is; empty: it asks for none. */
  readonly brokerPasswordFile: string;
}

/** The home's broker as `systemd/doorward-broker.service` runs it, with the login that `doorward broker` takes. */
const SHARED_BROKER = {
  "broker.url": "mqtt://127.0.0.1:1883",
  "broker.username": "home",
  "broker.password_file": "/run/credentials/doorward.service/secrets_broker.password",
  "web.host": "0.0.0.0",
};

type Settings = Readonly<Record<string, unknown>>;

/** @throws CliError `cli/usage`. */
export function cameraSettings(camera: string): Settings {
  if (camera === "rpicam") return { "camera.source": "rpicam" };
  if (camera === "none") return { "camera.source": "test-pattern" };
  if (camera.startsWith("/dev/")) return { "camera.source": "v4l2", "camera.device": camera };
  if (/^rtsps?:\/\//.test(camera)) return { "camera.source": "rtsp", "camera.url": camera };
  throw new CliError("cli/usage", `"${camera}" is no camera`, {
    hint: "Say rpicam (ribbon cable), /dev/video0 (USB), rtsp://… (network) or none.",
  });
}

export function microphoneSettings(microphone: string): Settings {
  if (microphone === "off" || microphone === "camera") return { "sound.source": microphone };
  return { "sound.source": "alsa", "sound.device": microphone };
}

/** @throws CliError `cli/usage`. */
export function brokerSettings({
  broker,
  brokerUser,
  brokerPasswordFile,
}: Pick<Answers, "broker" | "brokerUser" | "brokerPasswordFile">): Settings {
  // Phones are told this machine's name: to them 127.0.0.1 is another.
  if (broker === "shared")
    return { ...SHARED_BROKER, "broker.reach": [`mqtt://${hostname().toLowerCase()}.local:1883`] };
  if (broker !== "own" && !/^mqtts?:\/\/./.test(broker)) {
    throw new CliError("cli/usage", `"${broker}" is no broker`, {
      hint: "Say own, shared, or the address of one that runs already: mqtt://192.168.1.5:1883.",
    });
  }
  // Phones in the same network reach the doorbell's own broker and its pages.
  if (broker === "own") return { "broker.host": "0.0.0.0", "web.host": "0.0.0.0" };
  return {
    "broker.url": broker,
    "web.host": "0.0.0.0",
    ...(brokerUser === "" ? {} : { "broker.username": brokerUser }),
    ...(brokerPasswordFile === "" ? {} : { "broker.password_file": brokerPasswordFile }),
  };
}

/**
 * A whole configuration: the board's pins and picture, then what was answered.
 * @throws CliError `cli/usage`, ConfigError with everything that is wrong with the answers.
 */
export function configurationFrom(board: Settings, answers: Answers, dataDir: string | undefined): string {
  const text = exampleConfig({
    ...board,
    ...cameraSettings(answers.camera),
    ...microphoneSettings(answers.microphone),
    ...brokerSettings(answers),
    "device.name": answers.name,
    ...(dataDir === undefined ? {} : { "device.data_dir": dataDir }),
  });
  readConfig(text, migrations);
  return text;
}
