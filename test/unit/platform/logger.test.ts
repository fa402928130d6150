import { inspect } from "node:util";
import { expect, test } from "vitest";
import { makeNodeLog } from "../../../src/device/platform/node-log.ts";
import { NoticeBus } from "../../../src/device/platform/notices.ts";
import { Secret } from "../../../src/device/platform/secret.ts";

function recorded(journald: boolean) {
  const lines: string[] = [];
  const log = makeNodeLog({ journald, write: (line) => void lines.push(line) });
  return { lines, log };
}

test("under journald each line begins with its priority and leaves the time to the journal", () => {
  const { lines, log } = recorded(true);
  log.info("clip sealed", { fragmentCount: 3 });
  log.warn("camera lost");
  log.error("card full");
  expect(lines).toEqual([
    '<6>{"level":"info","fragmentCount":3,"event":"clip sealed"}\n',
    '<4>{"level":"warn","event":"camera lost"}\n',
    '<3>{"level":"error","event":"card full"}\n',
  ]);
});

test("elsewhere a line carries the time and no prefix", () => {
  const { lines, log } = recorded(false);
  log.info("ready");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ event: "ready", time: expect.stringMatching(/^20/) });
});

test("the level can be changed while the daemon runs", () => {
  const { lines, log } = recorded(true);
  log.debug("unheard");
  log.setLevel("debug");
  log.debug("heard");
  log.setLevel("silent");
  log.error("unheard");
  expect(lines).toEqual(['<7>{"level":"debug","event":"heard"}\n']);
});

test("bytes and objects do not fit into a log line", () => {
  const { log } = recorded(true);
  // @ts-expect-error: bytes could be a key or a frame
  log.info("x", { key: new Uint8Array(1) });
  // @ts-expect-error: an object could hold bytes
  log.info("x", { nested: { a: 1 } });
});

test("a secret shows itself in no text, JSON or inspection", () => {
  const secret = new Secret("hunter2");
  const shown = [String(secret), JSON.stringify({ secret }), inspect({ secret }, { depth: 9, showHidden: true })].join(
    " ",
  );
  expect(shown).not.toContain("hunter2");
  expect(secret.reveal()).toBe("hunter2");
});

test("a listener that throws is logged and disturbs nobody", async () => {
  const { lines, log } = recorded(true);
  const bus = new NoticeBus(log);
  const heard: number[] = [];
  bus.on("ringPressed", () => {
    throw new Error("broken");
  });
  bus.on("ringPressed", async () => {
    throw new Error("broken later");
  });
  const leave = bus.on("ringPressed", ({ atMs }) => void heard.push(atMs));
  bus.emit("ringPressed", { atMs: 1 });
  leave();
  bus.emit("ringPressed", { atMs: 2 });
  await new Promise(setImmediate);
  expect(heard).toEqual([1]);
  expect(lines.filter((line) => line.includes("notice listener failed"))).toHaveLength(4);
});
