import { expect, test } from "vitest";
import { fromUtf8 } from "../../../../src/protocol/bytes.ts";
import { portableCrypto as crypto } from "../../../../src/protocol/portable-crypto.ts";
import { compareCheckpoints, describeEvidence } from "../../../../src/protocol/tlog/compare-checkpoints.ts";
import { LogError } from "../../../../src/protocol/tlog/errors.ts";
import { MemoryLog } from "../../../fakes/memory-log.ts";
import { entriesOf } from "../../../log-probes/probe.ts";

test("two followers of forked views find both signed checkpoints to show to others", async () => {
  const mine = new MemoryLog(crypto);
  mine.grow(entriesOf(0, 270));
  const theirs = mine.fork();
  mine.grow(entriesOf(270, 10));
  theirs.grow(entriesOf(270, 10, "other"));
  for (const more of [0, 300]) {
    theirs.grow(entriesOf(280, more));
    const notes = [await mine.publish(), await theirs.publish()] as const;
    const error: unknown = await compareCheckpoints(crypto, mine.policy, ...notes, theirs).catch((e: unknown) => e);
    if (!(error instanceof LogError) || error.evidence === null) throw new Error("no evidence");
    expect(error.code).toBe("log/forked");
    const printed = describeEvidence(error.evidence);
    for (const note of notes) expect(printed).toContain(fromUtf8(note));
  }
});

test("two checkpoints of one history agree, in either order", async () => {
  const log = new MemoryLog(crypto);
  log.grow(entriesOf(0, 270));
  const older = await log.publish();
  log.grow(entriesOf(270, 300));
  const newer = await log.publish();
  const sizes = { olderSize: 270, newerSize: 570 };
  expect(await compareCheckpoints(crypto, log.policy, older, newer, log)).toEqual(sizes);
  expect(await compareCheckpoints(crypto, log.policy, newer, older, log)).toEqual(sizes);
});

test("a mirror whose tiles are damaged is not called a fork", async () => {
  const log = new MemoryLog(crypto);
  log.grow(entriesOf(0, 270));
  const older = await log.publish();
  log.grow(entriesOf(270, 300));
  const newer = await log.publish();
  log.files.set("tile/0/001", new Uint8Array(8192));
  await expect(compareCheckpoints(crypto, log.policy, older, newer, log)).rejects.toMatchObject({
    code: "log/damaged",
  });
});
