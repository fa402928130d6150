import * as z from "zod/mini";
import type { TimesOfDay } from "../sensor/sensor-config.ts";
import {
  choice,
  duration,
  flag,
  fraction,
  list,
  path,
  pin,
  rate,
  section,
  setting,
  size,
  text,
  wholeNumber,
} from "./setting.ts";

const PIN_NAMES = [
  "bell",
  "pairing",
  "motion",
  "chime",
  "status_led",
  "recording_led",
  "button_led",
  "talk_led",
] as const;
export type PinName = (typeof PIN_NAMES)[number];

/** Every setting there is, in the order of the reference page. Defaults run the whole doorbell without any hardware. */
export const sections = {
  device: section("The doorbell itself.", {
    name: setting(
      text("a name in quotes, at most 60 characters", /^[^\p{Cc}]{1,60}$/u),
      "Front door",
      "How the owner's app calls this doorbell.",
    ),
    data_dir: setting(
      path,
      "/var/lib/doorward",
      "Where clips, keys and the catalog are kept. A partition of its own is best.",
    ),
    runtime_dir: setting(
      path,
      "",
      "Where sockets are made. Empty: systemd's runtime directory, or `run` in `data_dir`. Keep it short: a socket's path has at most 107 bytes.",
    ),
    pairing_window: setting(
      duration("30s", "24h"),
      "3min",
      "How long a pairing code is good, if nobody has used it. Longer is for demonstrations.",
    ),
    clock: setting(
      choice("auto", "trusted"),
      "auto",
      "`auto` asks the system whether its time is right; `trusted` believes it (a container or VM whose host keeps the time).",
    ),
  }),
  camera: section(
    "Where the picture comes from. H.264 is recorded as the camera sends it; anything else is encoded once.",
    {
      source: setting(choice("test-pattern", "file", "v4l2", "rtsp", "rpicam"), "test-pattern", "Kind of camera."),
      file: setting(path, "", "For `file`: a video, played in a loop in real time."),
      sub_file: setting(path, "", "For `file`: the same scene in low resolution, for motion in pixels."),
      device: setting(path, "/dev/video0", "For `v4l2`: the camera's device."),
      sub_device: setting(path, "", "For `v4l2`: a second device of the same camera that gives a low resolution."),
      url: setting(
        text("an rtsp:// or rtsps:// address in quotes, or empty", /^(rtsps?:\/\/\S{1,2000})?$/),
        "",
        "For `rtsp`: the camera's main stream. May hold user and password: keep this file readable by the doorbell's user only.",
      ),
      sub_url: setting(
        text("an rtsp:// or rtsps:// address in quotes, or empty", /^(rtsps?:\/\/\S{1,2000})?$/),
        "",
        "For `rtsp`: the camera's low-resolution stream; saves most of the work of motion in pixels.",
      ),
      rpicam_program: setting(
        text("a program's name or path in quotes", /^[^\0\n]{1,4096}$/),
        "rpicam-vid",
        "For `rpicam`: the program (`libcamera-vid` on older systems).",
      ),
      rpicam_arguments: setting(
        list('a list of texts, such as ["--rotation", "180"]', (entry) => (typeof entry === "string" ? entry : null)),
        [],
        "For `rpicam`: further arguments for the program.",
      ),
      width: setting(wholeNumber(160, 3840), 1280, "Picture width asked of the camera, in pixels."),
      height: setting(wholeNumber(120, 2160), 720, "Picture height asked of the camera, in pixels."),
      frames_per_second: setting(wholeNumber(1, 60), 15, "Frame rate asked of the camera."),
      bitrate: setting(rate("100 kbit/s", "20 Mbit/s"), "2 Mbit/s", "Of the encoder, where the camera gives no H.264."),
    },
  ),
  sound: section("Where sound comes from.", {
    source: setting(
      choice("camera", "alsa", "off"),
      "camera",
      "`camera`: with the picture (file, RTSP, test tone); `alsa`: a microphone; `off`: clips are silent.",
    ),
    device: setting(
      text("a name in quotes", /^[^\s]{1,200}$/),
      "default",
      "For `alsa`: the microphone, as `arecord -L` lists it.",
    ),
  }),
  recording: section("How long a clip is.", {
    pre_roll: setting(
      duration("0s", "30s"),
      "5s",
      "How much from before the trigger a clip keeps. Held in memory only.",
    ),
    post_roll: setting(duration("1s", "5min"), "10s", "How long recording goes on after the last trigger."),
    longest: setting(duration("5s", "30min"), "2min", "Longest clip, pre-roll included, however often it is extended."),
    pre_roll_memory: setting(
      size("1 MB", "256 MB"),
      "16 MB",
      "Upper bound of the pre-roll in memory, whatever the bit rate.",
    ),
    ffmpeg: setting(
      text("a program's name or path in quotes", /^[^\0\n]{1,4096}$/),
      "ffmpeg",
      "The ffmpeg program, version 5 or later.",
    ),
    ffprobe: setting(
      text("a program's name or path in quotes", /^[^\0\n]{1,4096}$/),
      "ffprobe",
      "The ffprobe program of the same version.",
    ),
  }),
  motion: section("What counts as motion.", {
    mode: setting(
      choice("off", "pir", "pixels", "pir-verified"),
      "pir",
      "`off`: only the bell records; `pir`: the sensor, by far the cheapest; `pixels`: the picture, without a sensor; `pir-verified`: the sensor when the picture agrees.",
    ),
    zones: setting(
      list("a list of zones, each a list of at least three corners [x, y] with x and y from 0 to 1", readZone),
      [],
      "Where motion in the picture counts: polygons, [0, 0] is top left, [1, 1] bottom right. None: everywhere.",
    ),
    smallest: setting(fraction(0.0001, 1), 0.002, "Smallest thing in the picture that counts, as a part of its area."),
    pause: setting(duration("0s", "10min"), "5s", "After motion, none is reported for this long."),
  }),
  storage: section("How much is kept. Pinned clips stay; of the others the oldest goes first.", {
    quota: setting(size("50 MB", "100 TB"), "8 GB", "Room that clips may take.", "live"),
    keep: setting(duration("1d", "365d"), "14d", "How long a clip is kept; whole days.", "live"),
  }),
  gpio: section("Which header pin carries what. Numbers are BCM. The pin map per board is in `firmware/board/`.", {
    driver: setting(
      choice("simulated", "onoff", "gpiod"),
      "simulated",
      "`simulated`: no hardware, driven by `doorward simulate`; `onoff`: sysfs GPIO; `gpiod`: the programs `gpiomon` and `gpioset` of Debian's `gpiod`, for kernels without sysfs GPIO.",
    ),
    bell_pin: setting(pin, 17, "The button at the door."),
    pairing_pin: setting(pin, 27, "The button inside: a short press opens pairing, 15 seconds reset the doorbell."),
    motion_pin: setting(pin, 22, "The PIR sensor."),
    chime_pin: setting(pin, 23, "The relay of the house's chime."),
    status_led_pin: setting(pin, 24, "The LED that tells how the doorbell is."),
    recording_led_pin: setting(
      pin,
      25,
      "The LED that is lit whenever a clip is being recorded or somebody watches live.",
    ),
    button_led_pin: setting(pin, 12, "The light of the button at the door."),
    talk_led_pin: setting(pin, 16, "The LED that is lit as long as somebody inside hears the door live, or talks."),
    active_low: setting(
      list(`a list of pins among ${PIN_NAMES.map((name) => `"${name}"`).join(", ")}`, readPinName),
      ["bell", "pairing"],
      "Which of them are on at 0 V. Buttons to ground are.",
    ),
  }),
  button: section("How a press is told from noise.", {
    glitch_filter: setting(
      duration("1ms", "10ms"),
      "5ms",
      "A pulse shorter than this is no press. Adds as much to the time from press to chime.",
    ),
    debounce: setting(
      duration("10ms", "1s"),
      "60ms",
      "After an edge that counted, contact bounce is ignored for this long.",
    ),
    stuck_after: setting(
      duration("5s", "10min"),
      "30s",
      "A bell held for longer counts as stuck: it has rung once, is reported, and rings again after its release.",
    ),
    pairing_press: setting(duration("50ms", "5s"), "100ms", "How long the indoor button is held to open pairing."),
    reset_hold: setting(duration("5s", "60s"), "15s", "How long the indoor button is held for a factory reset."),
  }),
  chime: section("What a ring does inside. Works without broker, network, camera or members.", {
    relay_pulse: setting(
      duration("0s", "5s"),
      "400ms",
      'How long the relay pulls at each ring; "0s" leaves it alone.',
      "live",
    ),
    relay_limit: setting(
      duration("100ms", "10s"),
      "2s",
      "The relay is let go after this long, whatever happens: a chime's coil burns out.",
      "live",
    ),
    again_after: setting(
      duration("0s", "60s"),
      "2s",
      "A ring within this time after the last chime does not chime again; it records all the same.",
      "live",
    ),
    sound: setting(path, "", "A sound file played at each ring; empty: none.", "live"),
    speaker: setting(
      text("a name in quotes", /^[^\s]{1,200}$/),
      "default",
      "The speaker, as `aplay -L` lists it.",
      "live",
    ),
    quiet: setting(
      list('a list of times of day such as ["22:00-07:00"]', readTimesOfDay),
      [],
      "When the chime stays silent, in the local time zone; an end before the start runs over midnight. While the clock is not known to be right, the chime rings.",
      "live",
    ),
  }),
  leds: section("Lights. The recording LED cannot be turned off: it tells the truth.", {
    status: setting(flag, true, "Whether the status LED shows anything while all is well."),
    button: setting(flag, true, "Whether the button at the door is lit."),
  }),
  broker: section("The home's MQTT broker, over which the owner's app and the doorbell speak.", {
    url: setting(
      text(
        "an mqtt://, mqtts:// or wss:// address in quotes, or empty",
        /^(mqtts?:\/\/[^\s/@]{1,300}|wss?:\/\/[^\s@]{1,300})?$/,
      ),
      "",
      "An existing broker, such as `mqtts://broker.home:8883`; empty: the doorbell runs its own.",
    ),
    host: setting(
      text("an address in quotes", /^[0-9A-Za-z.:_-]{1,255}$/),
      "127.0.0.1",
      "Own broker: the address to listen on. `0.0.0.0` lets phones in the same network in.",
    ),
    port: setting(wholeNumber(0, 65_535), 1883, "Own broker: the port; 0 takes a free one."),
    reach: setting(
      list("a list of mqtt://, mqtts://, ws:// or wss:// addresses", (entry) =>
        typeof entry === "string" && /^(mqtt|ws)s?:\/\/[^\s@]{1,300}$/.test(entry) ? entry : null,
      ),
      [],
      "Under which addresses members reach the broker, in the order to try; browsers take only `ws://` and `wss://`. None: made of host and port, or of `url`.",
    ),
    tls_cert: setting(path, "", "Own broker: certificate chain (PEM)."),
    tls_key: setting(path, "", "Own broker: the certificate's private key (PEM)."),
    ca: setting(path, "", "Existing broker: the authority to trust (PEM); empty: the system's."),
    username: setting(text("a name in quotes", /^[^\p{Cc}]{0,200}$/u), "", "Existing broker: the login."),
    password_file: setting(path, "", "Existing broker: a file whose first line is the password."),
  }),
  web: section("The doorbell's web server: the owner's app, and the home's broker for browsers.", {
    on: setting(flag, true, "Whether there is one."),
    host: setting(
      text("an address in quotes", /^[0-9A-Za-z.:_-]{1,255}$/),
      "127.0.0.1",
      "The address to listen on. On `127.0.0.1` it speaks plain HTTP, to browsers of this machine only; anywhere else HTTPS: `0.0.0.0` lets phones in the same network in.",
    ),
    port: setting(wholeNumber(0, 65_535), 8080, "The port; 0 takes a free one."),
    names: setting(
      list('a list of names and addresses such as ["doorbell.local", "192.168.1.20"]', (entry) =>
        typeof entry === "string" &&
        /^([0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*|[0-9A-Fa-f:.]+)$/.test(entry) &&
        entry.length <= 253
          ? entry
          : null,
      ),
      [],
      "Under which names and IP addresses phones open the app, the one that links name first. None: this machine's name and `.local`. The doorbell's own certificate is good for these and no others.",
    ),
    cert: setting(
      path,
      "",
      "A certificate that browsers trust (PEM, with its chain); read again when it changes. Empty: the doorbell makes its own.",
    ),
    key: setting(path, "", "The certificate's private key (PEM)."),
    app: setting(path, "", "Folder of the built app; empty: the one that comes with Doorward."),
    origins: setting(
      list("a list of https:// origins", (entry) =>
        typeof entry === "string" && /^https:\/\/[^\s/@]{1,300}$/.test(entry) ? entry : null,
      ),
      [],
      "Other places that hold the app and may speak to this doorbell, such as `https://app.example.org`.",
    ),
  }),
  push: section("Waking members' phones whose app is closed. What is sent is always the same and says nothing.", {
    on: setting(flag, true, "Whether phones may ask to be woken."),
    contact: setting(
      text(
        "a mailto: or https: address in quotes, or empty",
        /^(mailto:[^\s@]{1,100}@[^\s@]{1,150}|https:\/\/\S{1,300})?$/,
      ),
      "",
      "An address of yours that push servers may write to; Apple's refuses to work without one. Empty: none.",
    ),
    private_servers: setting(
      flag,
      false,
      "Whether a push server (ntfy, UnifiedPush) may be in the home's own network, and without TLS. Off: public https:// addresses only.",
    ),
  }),
  live: section("Live view and two-way talk, from the owner's app.", {
    on: setting(flag, true, "Whether members may watch live."),
    speaker: setting(
      choice("off", "alsa", "simulated"),
      "off",
      "Where a member's voice comes out. `alsa`: a sound card; `simulated`: a file in `runtime_dir`, for trying without one.",
    ),
    speaker_device: setting(
      text("a name in quotes", /^[^\s]{1,200}$/),
      "default",
      "For `alsa`: the speaker, as `aplay -L` lists it.",
    ),
    relays: setting(
      list('a list of addresses such as ["turn:turn.example.org:3478"]', readRelay),
      [],
      "Servers that help both ends find each other from outside the home. None: live view works in the home's network only. Nobody else's server is ever asked.",
    ),
    relay_secret: setting(
      path,
      "",
      "File with coturn's `static-auth-secret`; each view gets credentials of its own, which end with it.",
    ),
    longest: setting(duration("30s", "2h"), "15min", "A live view ends after this long."),
  }),
  sharing: section("Sending a share.", {
    undo_window: setting(
      duration("0s", "24h"),
      "10min",
      "How long a signed consent can be undone before the first byte leaves.",
      "live",
    ),
  }),
  registers: section(
    "Public logs of requests. The doorbell keeps a copy of each without reading it; what it fetches depends on the log's size alone.",
    {
      follow: setting(
        list(
          'a list of registers, each { url = "https://…", key = "name+hash+base64", witnesses = ["name+hash+base64", …], quorum = 1 }',
          readRegister,
        ),
        [],
        "Which registers to copy for the members. `key` is the log's verifier key; `witnesses` and `quorum`, how many of them have to vouch, are what members are told to expect.",
      ),
      every: setting(
        duration("15min", "24h"),
        "30min",
        "How far apart the fixed minutes are at which the copy is brought up to date; whole minutes.",
      ),
      room: setting(
        size("10 MB", "10 GB"),
        "256 MB",
        "Room for the entries of one register's log; beyond it the oldest go, and members who want those follow the register directly.",
      ),
    },
  ),
  log: section("The daemon's log, for journald. Keys, frames, names and addresses never appear in it.", {
    level: setting(choice("debug", "info", "warn", "error", "silent"), "info", "From which severity on.", "live"),
  }),
};

export const CONFIG_VERSION = 1;

export const configSchema = z.strictObject({
  version: z.prefault(z.literal(CONFIG_VERSION), CONFIG_VERSION),
  ...(Object.fromEntries(Object.entries(sections).map(([name, { schema }]) => [name, schema])) as {
    [Name in keyof typeof sections]: (typeof sections)[Name]["schema"];
  }),
});
export type ConfigValues = z.output<typeof configSchema>;

type Corner = readonly [x: number, y: number];

function readZone(entry: unknown): readonly Corner[] | null {
  return Array.isArray(entry) && entry.length >= 3 && entry.every(isCorner) ? entry : null;
}

function isCorner(corner: unknown): corner is Corner {
  if (!Array.isArray(corner) || corner.length !== 2) return false;
  return corner.every((part) => typeof part === "number" && part >= 0 && part <= 1);
}

/** A register as the file names it. */
export interface RegisterSetting {
  readonly url: string;
  readonly key: string;
  readonly witnesses: readonly string[];
  readonly quorum: number;
}

const VERIFIER_KEY = /^[\x21-\x2A\x2C-\x7E]{1,120}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44,}={0,2}$/;
const REGISTER_MEMBERS = new Set(["url", "key", "witnesses", "quorum"]);

function readRegister(entry: unknown): RegisterSetting | null {
  if (typeof entry !== "object" || entry === null) return null;
  if (Object.keys(entry).some((name) => !REGISTER_MEMBERS.has(name))) return null;
  const { url, key, witnesses = [], quorum = 0 } = entry as Record<string, unknown>;
  const isKey = (text: unknown): text is string => typeof text === "string" && VERIFIER_KEY.test(text);
  if (typeof url !== "string" || !/^https?:\/\/[^\s@?#]{1,500}$/.test(url) || !URL.canParse(url) || !isKey(key))
    return null;
  if (!Array.isArray(witnesses) || witnesses.length > 32 || !witnesses.every(isKey)) return null;
  if (typeof quorum !== "number" || !Number.isInteger(quorum) || quorum < 0 || quorum > witnesses.length) return null;
  return { url, key, witnesses, quorum };
}

function readPinName(entry: unknown): PinName | null {
  return PIN_NAMES.find((name) => name === entry) ?? null;
}

function readRelay(entry: unknown): string | null {
  return typeof entry === "string" && /^(?:turns?|stun):[\x21-\x7e]{1,500}$/.test(entry) ? entry : null;
}

function readTimesOfDay(entry: unknown): TimesOfDay | null {
  const [, ...parts] =
    /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/.exec(typeof entry === "string" ? entry : "") ?? [];
  if (parts.length !== 4) return null;
  const [fromHour = 0, fromMinute = 0, untilHour = 0, untilMinute = 0] = parts.map(Number);
  return { fromMinute: fromHour * 60 + fromMinute, untilMinute: untilHour * 60 + untilMinute };
}
