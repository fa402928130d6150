import { describe, expect, test } from "vitest";
import { configFrom } from "../../../src/device/config/config.ts";
import { ConfigError } from "../../../src/device/config/errors.ts";
import { readConfig } from "../../../src/device/config/read-config.ts";
import { exampleConfig } from "../../../src/device/config/reference.ts";
import { recorderDefaults } from "../../../src/device/recorder/recorder-config.ts";

const read = (text: string) => configFrom(readConfig(text).values, "/etc/doorward");

function failure(text: string): ConfigError {
  try {
    readConfig(text);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("the configuration was accepted");
}
const problem = (text: string) => failure(text).problems[0];

describe("an empty file", () => {
  test("runs the whole doorbell on simulated hardware", () => {
    const config = read("");
    expect(config.recorder.source).toEqual({ kind: "test-pattern" });
    expect(config.sensor.driver).toBe("simulated");
    expect(config.broker).toEqual({ kind: "embedded", host: "127.0.0.1", port: 1883, memberUrls: [], tls: null });
    expect(config.storage).toEqual({ quotaBytes: 8e9, retentionDays: 14 });
    expect(config.sharing.undoWindowMs).toBe(600_000);
  });

  test("means what the recorder's own defaults are", () => {
    const { runtimeDir: _dir, preRollBytes: _ourBytes, ...ours } = read("").recorder;
    const { preRollBytes: _theirBytes, ...theirs } = recorderDefaults;
    expect(ours).toEqual(theirs);
  });

  test("means what the example file says in its comments", () => {
    const uncommented = exampleConfig().replaceAll(/^#(\w+ = )/gm, "$1");
    expect(uncommented).not.toBe(exampleConfig());
    expect(readConfig(uncommented).values).toEqual(readConfig("").values);
  });
});

test("times, sizes and rates are read with their unit", () => {
  const config = read(
    '[recording]\npre_roll = "1.5s"\n[storage]\nquota = "20 GB"\nkeep = "30d"\n[camera]\nbitrate = "4Mbit/s"',
  );
  expect(config.recorder.preRollMs).toBe(1500);
  expect(config.storage).toEqual({ quotaBytes: 2e10, retentionDays: 30 });
  expect(config.recorder.picture.bitrateKbps).toBe(4000);
});

test("relative paths start at the folder of the file", () => {
  expect(read('[device]\ndata_dir = "../door"').dataDir).toBe("/etc/door");
});

test("a pin that is not connected is not there, and active low is per pin", () => {
  const { pins } = read('[gpio]\nchime_pin = false\nactive_low = ["motion"]').sensor;
  expect(pins.chime).toBeUndefined();
  expect([pins.bell?.activeLow, pins.motion?.activeLow]).toEqual([false, true]);
});

test("quiet hours are minutes of the day", () => {
  expect(read('[chime]\nquiet = ["22:00-07:30"]').sensor.chime.quiet).toEqual([{ fromMinute: 1320, untilMinute: 450 }]);
});

describe("an unknown setting", () => {
  const cases: Record<string, { text: string; setting: string; line: number; remedy: string }> = {
    "near a known one is led there": {
      text: '[recording]\npre_rol = "5s"',
      setting: "recording.pre_rol",
      line: 2,
      remedy: 'Did you mean "pre_roll"?',
    },
    "in another spelling is led there": {
      text: '[recording]\npreRoll = "5s"',
      setting: "recording.preRoll",
      line: 2,
      remedy: 'Did you mean "pre_roll"?',
    },
    "of another section is sent there": {
      text: '[recording]\n\nquota = "5 GB"',
      setting: "recording.quota",
      line: 3,
      remedy: '"quota" belongs into [storage].',
    },
    "that is a section is led to the nearest": {
      text: "\n[brocker]\nport = 1",
      setting: "brocker",
      line: 2,
      remedy: "Did you mean [broker]?",
    },
  };
  test.each(Object.keys(cases))("%s", (name) => {
    const { text, ...expected } = cases[name] ?? { text: "" };
    expect(problem(text)).toMatchObject(expected);
  });

  test("like nothing known gets the list", () => {
    expect(problem("[log]\ncolour = 1")?.remedy).toBe("Remove it; known are: level.");
  });
});

describe("a wrong value", () => {
  const cases: Record<string, [text: string, wrong: string]> = {
    "without unit": ["[recording]\npre_roll = 5", "recording.pre_roll = 5 is not a time in quotes with its unit"],
    "with a unit of another kind": ['[recording]\npre_roll = "5 GB"', '"5 GB" is not a time'],
    "out of range": ['[button]\nglitch_filter = "11ms"', 'from "1ms" to "10ms"'],
    "not among the choices": ['[gpio]\ndriver = "sysfs"', 'is not one of "simulated", "onoff", "gpiod"'],
    "no pin of the header": ["[gpio]\nbell_pin = 28", "is not a BCM pin number from 0 to 27, or false"],
    "not a time of day": ['[chime]\nquiet = ["22-7"]', 'such as ["22:00-07:00"]'],
    "of a section": ["device = 3", "device is not a section"],
  };
  test.each(Object.keys(cases))("%s says what is wanted", (name) => {
    const [text, wrong] = cases[name] ?? ["", "?"];
    expect(failure(text).message).toContain(wrong);
  });

  test("names the default", () => {
    expect(problem("[recording]\npre_roll = 5")?.remedy).toBe('The default is "5s".');
  });

  test("never repeats a camera's password", () => {
    expect(failure('[camera]\nurl = "http://viewer:hunter2@cam/"').message).not.toContain("hunter2");
  });
});

test("all problems are listed at once, by line", () => {
  const { problems, message } = failure('[gpio]\ndriver = 1\n[recording]\nlongst = "1s"\npost_roll = true\n[colour]\n');
  expect(problems.map(({ line }) => line)).toEqual([2, 4, 5, 6]);
  expect(message).toMatch(/^4 things to mend in the configuration:\n/);
});

test("broken TOML is told with line and column", () => {
  const error = failure('[device]\nname = "Front');
  expect([error.code, error.message]).toEqual(["config/syntax", expect.stringMatching(/^line 2, column \d+: /)]);
});

describe("settings that contradict each other", () => {
  const cases: Record<string, [text: string, setting: string]> = {
    "a file camera without file": ['[camera]\nsource = "file"', "camera.file"],
    "an RTSP camera without address": ['[camera]\nsource = "rtsp"', "camera.url"],
    "a microphone beside a test picture": ['[sound]\nsource = "alsa"', "sound.source"],
    "zones that nobody looks at": ["[motion]\nzones = [[[0,0],[1,0],[1,1]]]", "motion.zones"],
    "a longest clip shorter than its parts": ['[recording]\npre_roll = "30s"\npost_roll = "5min"', "recording.longest"],
    "a retention of a day and a half": ['[storage]\nkeep = "36h"', "storage.keep"],
    "a relay pulse over the limit": ['[chime]\nrelay_pulse = "3s"', "chime.relay_pulse"],
    "two uses of a pin": ["[gpio]\nmotion_pin = 17", "gpio.motion_pin"],
    "PIR motion without PIR": ["[gpio]\nmotion_pin = false", "motion.mode"],
    "half of a TLS key pair": ['[broker]\ntls_cert = "a.pem"', "broker.tls_cert"],
    "a login for the own broker": ['[broker]\nusername = "door"', "broker.url"],
    "an odd picture width": ["[camera]\nwidth = 1281", "camera.width"],
  };
  test.each(Object.keys(cases))("%s", (name) => {
    const [text, setting] = cases[name] ?? ["", "?"];
    expect(failure(text).problems.map((found) => found.setting)).toEqual([setting]);
  });
});
