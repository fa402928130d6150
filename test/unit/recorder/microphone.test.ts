import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { refusesSoundCard } from "../../../src/device/recorder/failure-reason.ts";
import { Microphone } from "../../../src/device/recorder/microphone.ts";
import { recorderDefaults } from "../../../src/device/recorder/recorder-config.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

const MINUTE_MS = 60_000;

/** A microphone that ffmpeg can open once there is a file `plugged`. */
async function microphone() {
  const dir = await mkdtemp(join(tmpdir(), "microphone-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  const ffmpegPath = join(dir, "ffmpeg");
  await writeFile(ffmpegPath, `#!/bin/sh\necho look >> '${dir}/looks'\n[ -e '${dir}/plugged' ]\n`);
  await chmod(ffmpegPath, 0o755);
  const clock = new FakeClock();
  const warn = vi.fn();
  const onBack = vi.fn();
  const notices: string[] = [];
  const config = {
    ...recorderDefaults,
    runtimeDir: dir,
    ffmpegPath,
    sound: { kind: "alsa", device: "plughw:CARD=Mic" },
  } as const;
  const heard = new Microphone(config, {
    clock,
    log: { ...silentLog, warn },
    notices: { emit: (name) => void notices.push(name) },
    onBack,
  });
  return { heard, clock, warn, onBack, notices, plugIn: () => writeFile(join(dir, "plugged"), "") };
}

test("a microphone that is missing is told once, and the rest is recorded without it", async () => {
  const { heard, warn, notices } = await microphone();
  expect(heard.config.sound.kind).toBe("alsa");
  heard.lost();
  heard.lost();
  expect(heard.config.sound).toEqual({ kind: "off" });
  expect(warn).toHaveBeenCalledTimes(1);
  expect(notices).toEqual(["microphoneLost"]);
});

test("it is looked for each minute, and taken again once it opens", async () => {
  const { heard, clock, onBack, notices, plugIn } = await microphone();
  heard.lost();
  await clock.advance(MINUTE_MS);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(onBack).not.toHaveBeenCalled();
  await plugIn();
  await vi.waitFor(
    async () => {
      await clock.advance(MINUTE_MS);
      expect(onBack).toHaveBeenCalledTimes(1);
    },
    { timeout: 20_000, interval: 200 },
  );
  expect(heard.config.sound.kind).toBe("alsa");
  expect(notices).toEqual(["microphoneLost", "microphoneBack"]);
});

test("after the stop nobody looks any more", async () => {
  const { heard, clock, onBack, plugIn } = await microphone();
  heard.lost();
  heard.stop();
  await plugIn();
  await clock.advance(10 * MINUTE_MS);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(onBack).not.toHaveBeenCalled();
});

test.each([
  ["[alsa @ 0x55] cannot open audio device plughw:CARD=None (No such file or directory)", true],
  ["[alsa @ 0x55] cannot open audio device hw:1 (Device or resource busy)", true],
  ["[alsa @ 0x55] cannot set channel count to 2 (Invalid argument)", true],
  ["[video4linux2,v4l2 @ 0x55] Cannot open video device /dev/video0: No such file or directory", false],
  ["frame=   46 fps= 15 q=-1.0 size=N/A", false],
])("%s: the sound card's fault is %s", (line, isSound) => expect(refusesSoundCard(line)).toBe(isSound));
