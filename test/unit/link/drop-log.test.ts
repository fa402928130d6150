import { expect, test } from "vitest";
import { DropLog } from "../../../src/device/link/drop-log.ts";
import type { LogFields } from "../../../src/device/platform/logger.ts";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

test("a flood leaves five lines a minute and then says how many it hid; another code is not hidden by it", async () => {
  const clock = new FakeClock();
  const lines: (LogFields | undefined)[] = [];
  const log = new DropLog(clock, { ...silentLog, warn: (_event, fields) => void lines.push(fields) });
  for (let i = 0; i < 1000; i += 1) log.dropped("link/replayed");
  log.dropped("link/unopened");
  expect(lines).toHaveLength(6);
  await clock.advance(60_000);
  log.dropped("link/replayed");
  expect(lines.slice(6)).toEqual([{ code: "link/replayed", notShown: 995 }, { code: "link/replayed" }]);
});
