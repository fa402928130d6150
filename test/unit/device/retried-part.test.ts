import { describe, expect, test } from "vitest";
import { RETRY_MS, RetriedPart, type Startable } from "../../../src/device/retried-part.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

/** A part that starts as soon as `isMended`; what happened to each made one, in order. */
function fragilePart() {
  const clock = new FakeClock();
  const story: string[] = [];
  const world = { clock, story, isMended: false, hangs: false };
  let made = 0;
  const make = (): Startable & { readonly name: string } => {
    made += 1;
    const name = String(made);
    return {
      name,
      async start(signal) {
        story.push(`start ${name}`);
        if (world.hangs) await clock.sleep(Number.MAX_SAFE_INTEGER, signal);
        if (!world.isMended) throw new Error("broken");
      },
      async stop() {
        story.push(`stop ${name}`);
      },
    };
  };
  const part = new RetriedPart({
    clock,
    make,
    onUp: ({ name }) => story.push(`up ${name}`),
    onFailed: () => story.push("failed"),
  });
  return { ...world, part, world, signal: new AbortController() };
}

describe("a part without which the rest goes on", () => {
  test("that starts is left alone", async () => {
    const { part, world, story, clock, signal } = fragilePart();
    world.isMended = true;
    await part.start(signal.signal);
    expect(part.part?.name).toBe("1");
    await clock.advance(RETRY_MS * 3);
    await part.stop();
    expect(story).toEqual(["start 1", "up 1", "stop 1"]);
  });

  test("that does not start is ended and made anew every minute, until it starts", async () => {
    const { part, world, story, clock, signal } = fragilePart();
    await part.start(signal.signal);
    expect(part.part).toBeNull();
    await clock.advance(RETRY_MS);
    world.isMended = true;
    await clock.advance(RETRY_MS * 2);
    expect(story).toEqual(["start 1", "stop 1", "failed", "start 2", "stop 2", "failed", "start 3", "up 3"]);
    await part.stop();
    expect(clock.waiting).toBe(0);
  });

  test("is tried at once when somebody has mended it", async () => {
    const { part, world, clock, signal } = fragilePart();
    await part.start(signal.signal);
    world.isMended = true;
    part.retryNow();
    await clock.advance(0);
    expect(part.part?.name).toBe("2");
    await part.stop();
  });

  test("is not tried again once stopped, and leaves no timer", async () => {
    const { part, story, clock, signal } = fragilePart();
    await part.start(signal.signal);
    await part.stop();
    await clock.advance(RETRY_MS * 3);
    expect(story).toEqual(["start 1", "stop 1", "failed"]);
    expect(clock.waiting).toBe(0);
  });

  test("that is told to end while it starts has not failed", async () => {
    const { part, world, story, signal } = fragilePart();
    world.hangs = true;
    const starting = part.start(signal.signal);
    signal.abort();
    await starting;
    await part.stop();
    expect(story).toEqual(["start 1", "stop 1"]);
  });
});
