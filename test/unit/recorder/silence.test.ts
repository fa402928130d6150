import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { Recorder } from "../../../src/device/recorder/recorder.ts";
import { recorderDefaults } from "../../../src/device/recorder/recorder-config.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

const MINUTE_MS = 60_000;
/** Of a program that is started on a busy machine. */
const AT_LAST_MS = 20_000;

/** A recorder whose camera is a film that is not there: it fails and waits, again and again. */
async function cameraless() {
  const runtimeDir = await mkdtemp(join(tmpdir(), "silence-"));
  const clock = new FakeClock();
  const lost = vi.fn();
  const recorder = new Recorder(
    { ...recorderDefaults, runtimeDir, source: { kind: "file", path: join(runtimeDir, "none.mp4"), subPath: null } },
    { clock, log: { ...silentLog, warn: lost, debug: lost }, notices: { emit: () => {} }, onMotion: () => {} },
  );
  onTestFinished(async () => {
    await recorder.stop();
    await rm(runtimeDir, { recursive: true, force: true });
  });
  return { recorder, clock, lost };
}

test("a recorder is silent for as long as its supervision takes no step, and no longer", async () => {
  const { recorder, clock, lost } = await cameraless();
  expect(recorder.silentMs).toBe(0);
  await recorder.start();
  await vi.waitFor(() => expect(lost).toHaveBeenCalledTimes(1), AT_LAST_MS);
  await clock.advance(400);
  expect(recorder.silentMs).toBe(400);
  await clock.advance(200);
  expect(recorder.silentMs).toBeLessThanOrEqual(100);
  await vi.waitFor(() => expect(lost).toHaveBeenCalledTimes(2), AT_LAST_MS);
});

test("in privacy mode and after its end nothing is expected of it", async () => {
  const { recorder, clock } = await cameraless();
  await recorder.setPrivacy(true);
  await recorder.start();
  await clock.advance(10 * MINUTE_MS);
  expect(recorder.silentMs).toBe(0);
  await recorder.setPrivacy(false);
  await clock.advance(0);
  await recorder.stop();
  await clock.advance(10 * MINUTE_MS);
  expect(recorder.silentMs).toBe(0);
});
