import { join, resolve } from "node:path";
import type { LiveConfig, SpeakerConfig } from "../live/live-config.ts";
import type { LogLevel } from "../platform/logger.ts";
import type { PushConfig } from "../push/push-config.ts";
import type { CameraSource, RecorderConfig, SoundSource } from "../recorder/recorder-config.ts";
import type { PinAssignment, Pins, SensorConfig } from "../sensor/sensor-config.ts";
import type { WebConfig } from "../web/web-config.ts";
import type { ConfigValues, PinName } from "./sections.ts";

/** Files are named, not read: whoever connects reads them, so that a new password counts at the next attempt. */
export type BrokerConfig =
  | {
      readonly kind: "embedded";
      readonly host: string;
      readonly port: number;
      readonly memberUrls: readonly string[];
      readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
    }
  | {
      readonly kind: "external";
      readonly url: string;
      /** None: members use `url` too. */
      readonly memberUrls: readonly string[];
      readonly caFile: string | null;
      readonly username: string | null;
      readonly passwordFile: string | null;
    };

/** Public logs of requests that are copied for the members. */
export interface RegistersConfig {
  readonly follow: readonly {
    /** Name of the log's key, which is the log's name. */
    readonly origin: string;
    readonly url: string;
    readonly logKey: string;
    readonly witnesses: readonly string[];
    readonly quorum: number;
  }[];
  readonly everyMs: number;
  readonly roomBytes: number;
}

/** What the parts of the daemon are told. Units are in the names; paths are absolute. */
export interface DoorwardConfig {
  readonly name: string;
  readonly dataDir: string;
  readonly runtimeDir: string;
  readonly clock: { readonly trust: "auto" | "trusted" };
  readonly recorder: RecorderConfig;
  readonly storage: { readonly quotaBytes: number; readonly retentionDays: number };
  readonly sensor: SensorConfig;
  readonly broker: BrokerConfig;
  readonly pairingWindowMs: number;
  readonly web: WebConfig;
  readonly push: PushConfig;
  readonly live: LiveConfig;
  readonly sharing: { readonly undoWindowMs: number };
  readonly registers: RegistersConfig;
  readonly log: { readonly level: LogLevel };
  /** The settings as read, for comparing at a reload. */
  readonly values: ConfigValues;
  /** Where relative paths start. */
  readonly baseDir: string;
}

const DAY_MS = 86_400_000;

/** @param baseDir - Folder of the configuration file. */
export function configFrom(values: ConfigValues, baseDir: string): DoorwardConfig {
  const at = (path: string): string => resolve(baseDir, path);
  const dataDir = at(values.device.data_dir);
  const runtimeDir = values.device.runtime_dir === "" ? standardRuntimeDir(dataDir) : at(values.device.runtime_dir);
  return {
    name: values.device.name,
    dataDir,
    runtimeDir,
    clock: { trust: values.device.clock },
    recorder: recorderConfig(values, at, runtimeDir),
    storage: { quotaBytes: values.storage.quota, retentionDays: Math.floor(values.storage.keep / DAY_MS) },
    sensor: sensorConfig(values, at),
    broker: brokerConfig(values, at),
    pairingWindowMs: values.device.pairing_window,
    web: webConfig(values, at),
    push: { on: values.push.on, contact: values.push.contact, privateServers: values.push.private_servers },
    live: liveConfig(values, at, runtimeDir),
    sharing: { undoWindowMs: values.sharing.undo_window },
    registers: registersConfig(values),
    log: { level: values.log.level },
    values,
    baseDir,
  };
}

/** systemd names the folder of `RuntimeDirectory=` in the environment. */
function standardRuntimeDir(dataDir: string): string {
  return process.env.RUNTIME_DIRECTORY?.split(":")[0] ?? join(dataDir, "run");
}

function recorderConfig(
  { camera, sound, recording, motion }: ConfigValues,
  at: (path: string) => string,
  runtimeDir: string,
): RecorderConfig {
  return {
    source: cameraSource(camera, at),
    sound: soundSource(sound),
    picture: {
      width: camera.width,
      height: camera.height,
      framesPerSecond: camera.frames_per_second,
      bitrateKbps: camera.bitrate,
    },
    motion: { mode: motion.mode, zones: motion.zones, minimumArea: motion.smallest, quietMs: motion.pause },
    preRollMs: recording.pre_roll,
    preRollBytes: recording.pre_roll_memory,
    postRollMs: recording.post_roll,
    maximumClipMs: recording.longest,
    runtimeDir,
    ffmpegPath: recording.ffmpeg,
    ffprobePath: recording.ffprobe,
  };
}

function cameraSource(camera: ConfigValues["camera"], at: (path: string) => string): CameraSource {
  const optional = (path: string): string | null => (path === "" ? null : at(path));
  switch (camera.source) {
    case "file":
      return { kind: "file", path: at(camera.file), subPath: optional(camera.sub_file) };
    case "v4l2":
      return { kind: "v4l2", device: at(camera.device), subDevice: optional(camera.sub_device) };
    case "rtsp":
      return { kind: "rtsp", url: camera.url, subUrl: camera.sub_url === "" ? null : camera.sub_url };
    case "rpicam":
      return { kind: "rpicam", program: camera.rpicam_program, extraArguments: camera.rpicam_arguments };
    default:
      return { kind: camera.source };
  }
}

function soundSource({ source, device }: ConfigValues["sound"]): SoundSource {
  return source === "alsa" ? { kind: "alsa", device } : { kind: source };
}

function liveConfig({ live, recording }: ConfigValues, at: (path: string) => string, runtimeDir: string): LiveConfig {
  return {
    on: live.on,
    speaker: speakerConfig(live, runtimeDir),
    relay: { urls: live.relays, secretFile: live.relay_secret === "" ? null : at(live.relay_secret) },
    longestMs: live.longest,
    ffmpegPath: recording.ffmpeg,
  };
}

function speakerConfig({ speaker, speaker_device: device }: ConfigValues["live"], runtimeDir: string): SpeakerConfig {
  switch (speaker) {
    case "alsa":
      return { kind: "alsa", device };
    case "simulated":
      return { kind: "simulated", file: join(runtimeDir, "speaker.s16") };
    default:
      return { kind: "off" };
  }
}

function sensorConfig({ gpio, button, chime, leds }: ConfigValues, at: (path: string) => string): SensorConfig {
  const filter = {
    glitchFilterMs: button.glitch_filter,
    debounceMs: button.debounce,
    stuckAfterMs: button.stuck_after,
  };
  return {
    driver: gpio.driver,
    pins: pinsOf(gpio),
    bell: filter,
    pairing: { ...filter, pressMs: button.pairing_press, resetHoldMs: button.reset_hold },
    chime: {
      relayPulseMs: chime.relay_pulse,
      relayLimitMs: chime.relay_limit,
      againAfterMs: chime.again_after,
      soundFile: chime.sound === "" ? null : at(chime.sound),
      speaker: chime.speaker,
      quiet: chime.quiet,
    },
    leds,
  };
}

function pinsOf(gpio: ConfigValues["gpio"]): Pins {
  const assigned = (bcm: number | false, name: PinName): PinAssignment | undefined =>
    bcm === false ? undefined : { bcm, activeLow: gpio.active_low.includes(name) };
  const all = {
    bell: assigned(gpio.bell_pin, "bell"),
    pairing: assigned(gpio.pairing_pin, "pairing"),
    motion: assigned(gpio.motion_pin, "motion"),
    chime: assigned(gpio.chime_pin, "chime"),
    statusLed: assigned(gpio.status_led_pin, "status_led"),
    recordingLed: assigned(gpio.recording_led_pin, "recording_led"),
    buttonLed: assigned(gpio.button_led_pin, "button_led"),
    talkLed: assigned(gpio.talk_led_pin, "talk_led"),
  };
  return Object.fromEntries(Object.entries(all).filter(([, pin]) => pin !== undefined)) as Pins;
}

function registersConfig({ registers: { follow, every, room } }: ConfigValues): RegistersConfig {
  const registers = follow.map(({ url, key, witnesses, quorum }) => {
    return { origin: key.split("+", 1)[0] ?? "", url, logKey: key, witnesses, quorum };
  });
  return { follow: registers, everyMs: every, roomBytes: room };
}

function brokerConfig({ broker }: ConfigValues, at: (path: string) => string): BrokerConfig {
  const optional = (path: string): string | null => (path === "" ? null : at(path));
  if (broker.url === "") {
    const tls = broker.tls_cert === "" ? null : { certFile: at(broker.tls_cert), keyFile: at(broker.tls_key) };
    return { kind: "embedded", host: broker.host, port: broker.port, memberUrls: broker.reach, tls };
  }
  return {
    kind: "external",
    url: broker.url,
    memberUrls: broker.reach,
    caFile: optional(broker.ca),
    username: broker.username === "" ? null : broker.username,
    passwordFile: optional(broker.password_file),
  };
}

function webConfig({ web }: ConfigValues, at: (path: string) => string): WebConfig {
  return {
    on: web.on,
    host: web.host,
    port: web.port,
    names: web.names,
    tls: web.cert === "" ? null : { certFile: at(web.cert), keyFile: at(web.key) },
    appDir: web.app === "" ? null : at(web.app),
    origins: web.origins,
  };
}
