import { strict as assert } from "node:assert";
import { type Case, clipOf } from "./case.ts";

export const cameraFaults: readonly Case[] = [
  {
    isVirtual: true,
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
    isVirtual: true,
    name: "a camera that fails to start streaming is tried again",
    async run(stand) {
      await stand.pictures();
      await stand.ssh.run("v4l2-ctl -d /dev/video0 -c inject_vidioc_streamon_error=1");
      const at = await stand.pins.now();
      await stand.ssh.run("pkill -KILL -x ffmpeg");
      await stand.says("camera back", at, 300_000);
      await clipOf(stand, () => stand.pins.pulses("motion", 300));
    },
  },
  {
    isVirtual: true,
    name: "half of the camera's buffers dropped: it records all the same",
    async run(stand) {
      await stand.ssh.run("v4l2-ctl -d /dev/video0 -c percentage_of_dropped_buffers=50");
      await clipOf(stand, () => stand.pins.pulses("motion", 300));
      await stand.ssh.run("v4l2-ctl -d /dev/video0 -c percentage_of_dropped_buffers=0");
    },
  },
];
