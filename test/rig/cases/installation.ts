import { strict as assert } from "node:assert";
import { installAgain } from "../virtual.ts";
import type { Case } from "./case.ts";

/** Every file that an installation writes, with mode, owner, size and time; and the unit's present life. */
const STATE =
  "find /etc /opt /usr/local/bin -not -name '*.lock' -printf '%p %M %u %g %s %T@ %l\\n' | sort; id doorward; systemctl show doorward -P InvocationID -P UnitFileState";

export const installation: readonly Case[] = [
  {
    name: "installed a second time, nothing changes",
    isVirtual: true,
    async run({ ssh }) {
      const before = await ssh.run(STATE);
      const { changes } = await installAgain(ssh);
      assert.deepEqual(changes, []);
      assert.equal(await ssh.run(STATE), before);
    },
  },
];
