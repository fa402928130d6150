import { afterAll, afterEach, beforeAll, test } from "vitest";
import { cases } from "./cases/all.ts";
import { type MadeStand, makeStand } from "./make-stand.ts";

/** `npx vitest run --project rig`: the cases of `npm run rig` as tests. RIG and RIG_BOARD are its address and its `--board`. */
let made: MadeStand;
beforeAll(async () => {
  const board = process.env.RIG_BOARD === "5" ? "5" : "4";
  made = await makeStand(board, process.env.RIG, (line) => console.error(line));
});
afterEach(() => made.stand.pins.rest());
afterAll(async () => {
  made?.stand.stop();
  await made?.machine?.kill();
});

test.for(cases)("$name", async ({ isVirtual, run }, { skip }) => {
  skip(isVirtual === true && !made.stand.isVirtual, "only the virtual machine can be broken like that");
  await run(made.stand);
});
