import { type Case, clipOf } from "./case.ts";

export const supervision: readonly Case[] = [
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
];
