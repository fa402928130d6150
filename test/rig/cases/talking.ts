import { strict as assert } from "node:assert";
import type { Case } from "./case.ts";

const LISTENS_SECONDS = 8;
/** The brackets keep the search from finding the shell that makes it. Prints until when a live view's process was there, once there is none any more. */
const LAST_SEEN =
  "for i in $(seq 600); do pgrep -f live-child[.]mjs >/dev/null && break; sleep 0.2; done; while pgrep -f live-child[.]mjs >/dev/null; do t=$(date +%s.%N); sleep 0.1; done; echo $t";

export const talking: readonly Case[] = [
  {
    name: "the talk LED is lit as long as somebody inside hears the door, and the recording LED with it",
    async run(stand) {
      const at = await stand.pins.now();
      const [packets, lastSeen] = await Promise.all([stand.listen(LISTENS_SECONDS), stand.ssh.run(LAST_SEEN)]);
      await stand.pins.wait(1000);
      await stand.pins.now();
      assert.ok(packets.audio > 10 && packets.video > 10, `heard and seen: ${JSON.stringify(packets)}`);
      for (const pin of ["talk", "recording"] as const) {
        const changes = stand.pins.changesOf(pin, at);
        assert.deepEqual(
          changes.map(({ value }) => value),
          ["1", "0"],
          `the ${pin} LED`,
        );
        assert.ok(
          (changes[1]?.at ?? 0) >= Number(lastSeen),
          `the ${pin} LED was dark before the view's process had gone`,
        );
      }
    },
  },
];
