import { strict as assert } from "node:assert";
import { BETWEEN_RINGS_MS, type Case, chimes, clipOf, noClip } from "./case.ts";

export const recording: readonly Case[] = [
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
      await noClip(stand);
      const at = await stand.pins.now();
      await clipOf(stand, () => stand.pins.pulses("motion", 300));
      await stand.pins.wait(1000);
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
      await stand.pins.wait(BETWEEN_RINGS_MS);
      assert.equal(chimes(stand, at), 1);
      assert.equal(stand.pins.changesOf("recording", at).length, 0);
      await stand.owner("privacy off");
      await stand.pictures();
      await clipOf(stand, () => stand.pins.pulses("motion", 300));
    },
  },
];
