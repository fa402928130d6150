import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import type { Stand } from "../stand.ts";

export interface Case {
  readonly name: string;
  run(stand: Stand): Promise<void>;
}

/** A pulse of the relay, and the time within which a further ring stays silent. */
const BETWEEN_RINGS_MS = 5000;

/** How often the chime's relay was pulled since. */
const chimes = (stand: Stand, since: number): number =>
  stand.pins.changesOf("chime", since).filter(({ value }) => value === "1").length;

async function clipOf(stand: Stand, act: () => Promise<unknown>): Promise<string> {
  const before = new Set(await stand.clips());
  const at = await stand.pins.now();
  await act();
  await stand.says("clip sealed", at);
  const fresh = (await stand.clips()).filter((name) => !before.has(name));
  assert.equal(fresh.length, 1, `one new clip, not ${fresh.length}`);
  return fresh[0]?.replace(/\.clip$/, "") ?? "";
}

const CASES: readonly Case[] = [
  {
    name: "a press rings once: the chime's relay is pulled, a clip is recorded and sealed",
    async run(stand) {
      let at = 0;
      await clipOf(stand, async () => {
        at = await stand.pins.pulses("bell", 200);
      });
      assert.equal(chimes(stand, at), 1);
    },
  },
  {
    name: "a bounce train of 30 ms rings once",
    async run(stand) {
      const at = await stand.pins.pulses("bell", 3, 3, 4, 3, 3, 4, 5, 5, 150);
      await sleep(BETWEEN_RINGS_MS);
      assert.equal(chimes(stand, at), 1);
    },
  },
  {
    name: "a glitch of 1 ms rings nothing, and the press after it does",
    async run(stand) {
      const at = await stand.pins.pulses("bell", 1);
      await sleep(BETWEEN_RINGS_MS);
      assert.equal(chimes(stand, at), 0);
      await stand.pins.pulses("bell", 200);
      await sleep(BETWEEN_RINGS_MS);
      assert.equal(chimes(stand, at), 1);
    },
  },
  {
    name: "a stuck button rings once and is reported",
    async run(stand) {
      const at = await stand.pins.hold("bell", true);
      await stand.says("bell button is stuck", at);
      assert.equal(chimes(stand, at), 1);
      await stand.pins.hold("bell", false);
    },
  },
  {
    name: "the chime's relay is let go although the daemon hangs",
    async run(stand) {
      await sleep(BETWEEN_RINGS_MS);
      const at = await stand.pins.pulses("bell", 100);
      const isPulled = async (): Promise<boolean> => {
        await stand.pins.now(); // what the harness saw until now has come
        return chimes(stand, at) === 1;
      };
      await stand.until("the relay is pulled", isPulled, 10_000);
      await stand.ssh.run("kill -STOP $(systemctl show -P MainPID doorward)");
      const stoppedAt = await stand.pins.now();
      await sleep(6000);
      const values = stand.pins.changesOf("chime", at);
      await stand.ssh.run("kill -CONT $(systemctl show -P MainPID doorward)");
      assert.deepEqual(
        values.map(({ value }) => value),
        ["1", "0"],
      );
      assert.ok((values[1]?.at ?? 0) > stoppedAt, "the relay was still pulled when the daemon was stopped");
    },
  },
  {
    name: "the motion sensor makes a clip and no chime",
    async run(stand) {
      let at = 0;
      await clipOf(stand, async () => {
        at = await stand.pins.pulses("motion", 500);
      });
      assert.equal(chimes(stand, at), 0);
    },
  },
  {
    name: "the recording LED is lit from a clip's beginning to its end",
    async run(stand) {
      const at = await stand.pins.now();
      await clipOf(stand, () => stand.pins.pulses("motion", 300));
      await sleep(1000);
      const values = stand.pins.changesOf("recording", at).map(({ value }) => value);
      assert.deepEqual(values, ["1", "0"]);
    },
  },
  {
    name: "a clip has picture and sound, both running forward",
    async run(stand) {
      await stand.ssh.run(
        "(timeout 30 aplay -q -D hw:Loopback,0 -f S16_LE -r 48000 -c 1 /dev/zero &) >/dev/null 2>&1 </dev/null",
      );
      const clip = await clipOf(stand, () => stand.pins.pulses("bell", 200));
      await stand.owner(`open ${clip} --out /run/rig-clip.mp4`);
      const packets = await stand.ssh.run(
        "ffprobe -v error -show_entries packet=codec_type,dts_time -of csv=p=0 /run/rig-clip.mp4; rm /run/rig-clip.mp4",
      );
      const times: Record<string, number[]> = { video: [], audio: [] };
      for (const line of packets.split("\n")) {
        const [lane = "", time = ""] = line.split(",");
        times[lane]?.push(Number(time));
      }
      for (const [lane, list] of Object.entries(times)) {
        assert.ok(list.length > 3, `${list.length} packets of ${lane}`);
        assert.ok(
          list.every((time, i) => i === 0 || time > (list[i - 1] ?? 0)),
          `${lane} runs forward`,
        );
      }
    },
  },
  {
    name: "privacy mode closes the camera's device; the bell still rings; lifted, it records again",
    async run(stand) {
      await stand.owner("privacy on");
      await stand.until("nobody holds the camera", async () => (await stand.holders("/dev/video0")) === 0, 30_000);
      const at = await stand.pins.pulses("bell", 200);
      await sleep(BETWEEN_RINGS_MS);
      assert.equal(chimes(stand, at), 1);
      assert.equal(stand.pins.changesOf("recording", at).length, 0);
      await stand.owner("privacy off");
      await stand.pictures();
      await clipOf(stand, () => stand.pins.pulses("motion", 300));
    },
  },
  {
    name: "a camera that is unplugged in the middle of a clip: the clip is kept, the loss is told, and it comes back",
    async run(stand) {
      const before = (await stand.clips()).length;
      const at = await stand.pins.pulses("bell", 200);
      await stand.says("clip opened", at);
      await stand.ssh.run("v4l2-ctl -d /dev/video0 -c disconnect=1");
      await stand.says("camera lost", at);
      assert.equal((await stand.clips()).length, before + 1);
      await stand.ssh.run(
        "for i in $(seq 60); do rmmod vivid 2>/dev/null && break; sleep 1; done; modprobe vivid n_devs=1; udevadm settle",
      );
      await stand.says("camera back", at, 300_000);
      await clipOf(stand, () => stand.pins.pulses("motion", 300));
    },
  },
  {
    name: "a camera that fails to start streaming is tried again",
    async run(stand) {
      await stand.ssh.run("v4l2-ctl -d /dev/video0 -c inject_vidioc_streamon_error=1");
      const at = await stand.pins.now();
      await stand.ssh.run("pkill -KILL -x ffmpeg");
      await stand.says("camera back", at, 300_000);
      await clipOf(stand, () => stand.pins.pulses("motion", 300));
    },
  },
  {
    name: "half of the camera's buffers dropped: it records all the same",
    async run(stand) {
      await stand.ssh.run("v4l2-ctl -d /dev/video0 -c percentage_of_dropped_buffers=50");
      await clipOf(stand, () => stand.pins.pulses("motion", 300));
      await stand.ssh.run("v4l2-ctl -d /dev/video0 -c percentage_of_dropped_buffers=0");
    },
  },
  {
    name: "the watchdog ends a daemon that hangs, and it comes back recording",
    async run(stand) {
      const at = await stand.pins.now();
      await stand.ssh.run("kill -STOP $(systemctl show -P MainPID doorward)");
      await stand.says("Watchdog timeout", at, 300_000);
      await stand.says('"ready"', at, 300_000);
      await stand.pictures();
      await clipOf(stand, () => stand.pins.pulses("motion", 300));
    },
  },
  {
    name: "the indoor button opens pairing, and held long it resets the doorbell",
    async run(stand) {
      const blinksBefore = await stand.pins.pulses("pairing", 400);
      await sleep(4000);
      assert.ok(stand.pins.changesOf("status", blinksBefore).length > 0, "the status LED shows that pairing is open");
      const at = await stand.pins.hold("pairing", true);
      await stand.says("factory reset", at, 120_000);
      await stand.pins.hold("pairing", false);
      await stand.pair();
    },
  },
];

export const cases = CASES;
