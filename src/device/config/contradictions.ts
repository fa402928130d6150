import type { Problem } from "./errors.ts";
import type { ConfigValues } from "./sections.ts";

type Found = Omit<Problem, "line">;
const DAY_MS = 86_400_000;

/** Settings that are well-formed one by one and wrong together. */
export function contradictions(values: ConfigValues): readonly Found[] {
  return [
    ...cameraGaps(values),
    ...recordingLimits(values),
    ...pinClashes(values),
    ...brokerGaps(values),
    ...registerClashes(values),
    ...webGaps(values),
  ];
}

function* cameraGaps({ camera, sound, motion }: ConfigValues): Iterable<Found> {
  const needed = { file: "file", v4l2: "device", rtsp: "url" } as const;
  if (camera.source in needed) {
    const key = needed[camera.source as keyof typeof needed];
    if (camera[key] === "") {
      yield {
        setting: `camera.${key}`,
        wrong: `is empty although camera.source is "${camera.source}"`,
        remedy: `Set camera.${key}.`,
      };
    }
  }
  if (camera.width % 2 !== 0 || camera.height % 2 !== 0) {
    yield {
      setting: "camera.width",
      wrong: "and camera.height must be even: H.264 has no odd sizes",
      remedy: "Add or take away one pixel.",
    };
  }
  if (sound.source === "alsa" && (camera.source === "test-pattern" || camera.source === "file")) {
    yield {
      setting: "sound.source",
      wrong: `is "alsa", which goes with a real camera only, and camera.source is "${camera.source}"`,
      remedy: 'Set sound.source to "camera" or "off", or camera.source to the camera there is.',
    };
  }
  if (motion.zones.length > 0 && (motion.mode === "off" || motion.mode === "pir")) {
    yield {
      setting: "motion.zones",
      wrong: `mean nothing with motion.mode = "${motion.mode}"`,
      remedy: 'Set motion.mode to "pixels" or "pir-verified", or remove the zones.',
    };
  }
}

function* recordingLimits({ recording, storage, chime }: ConfigValues): Iterable<Found> {
  if (recording.pre_roll + recording.post_roll > recording.longest) {
    yield {
      setting: "recording.longest",
      wrong: "is shorter than pre_roll and post_roll together",
      remedy: "Raise recording.longest or lower one of the two.",
    };
  }
  if (storage.keep % DAY_MS !== 0) {
    yield { setting: "storage.keep", wrong: "is not a whole number of days", remedy: 'Write days, such as "14d".' };
  }
  if (chime.relay_pulse > chime.relay_limit) {
    yield {
      setting: "chime.relay_pulse",
      wrong: "is longer than chime.relay_limit",
      remedy: "Lower the pulse, or raise the limit if the chime's coil stands it.",
    };
  }
}

function* pinClashes({ gpio, motion }: ConfigValues): Iterable<Found> {
  const users = new Map<number, string>();
  for (const [key, pin] of Object.entries(gpio)) {
    if (!key.endsWith("_pin") || typeof pin !== "number") continue;
    const other = users.get(pin);
    if (other !== undefined)
      yield {
        setting: `gpio.${key}`,
        wrong: `is ${pin}, which gpio.${other} uses already`,
        remedy: "Give each its own pin, or false.",
      };
    users.set(pin, key);
  }
  if (gpio.motion_pin === false && (motion.mode === "pir" || motion.mode === "pir-verified")) {
    yield {
      setting: "motion.mode",
      wrong: `is "${motion.mode}" but gpio.motion_pin is false`,
      remedy: 'Connect a PIR and name its pin, or set motion.mode to "pixels" or "off".',
    };
  }
}

function* brokerGaps({ broker }: ConfigValues): Iterable<Found> {
  if ((broker.tls_cert === "") !== (broker.tls_key === "")) {
    yield {
      setting: "broker.tls_cert",
      wrong: "and broker.tls_key belong together, one of them is empty",
      remedy: "Set both, or neither.",
    };
  }
  if (broker.password_file !== "" && broker.username === "") {
    yield {
      setting: "broker.password_file",
      wrong: "is set without broker.username",
      remedy: "Set broker.username as well.",
    };
  }
  if (broker.url === "" && (broker.ca !== "" || broker.username !== "")) {
    yield {
      setting: "broker.url",
      wrong: "is empty, so broker.ca and broker.username mean nothing",
      remedy: "Name the broker in broker.url, or remove them.",
    };
  }
}

const MINUTE_MS = 60_000;

function* registerClashes({ registers: { follow, every } }: ConfigValues): Iterable<Found> {
  const names = follow.map(({ key }) => key.split("+", 1)[0]);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    yield {
      setting: "registers.follow",
      wrong: `names ${twice} twice`,
      remedy: "Keep one of them: a log has one name.",
    };
  }
  if (every % MINUTE_MS !== 0) {
    yield {
      setting: "registers.every",
      wrong: "is not a whole number of minutes",
      remedy: 'Write minutes, such as "30min".',
    };
  }
}

function* webGaps({ web }: ConfigValues): Iterable<Found> {
  if ((web.cert === "") !== (web.key === "")) {
    yield {
      setting: "web.cert",
      wrong: "and web.key belong together, one of them is empty",
      remedy: "Set both, or neither.",
    };
  }
}
