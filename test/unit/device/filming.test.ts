import { describe, expect, test, vi } from "vitest";
import { Filming } from "../../../src/device/filming.ts";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { NoticeBus } from "../../../src/device/platform/notices.ts";
import type { Fragment, Recording, Trigger } from "../../../src/device/recorder/recording.ts";
import { VaultError } from "../../../src/device/vault/errors.ts";
import type { OpenClip } from "../../../src/device/vault/types.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

const refused = new VaultError("vault/write-failed", "the card refused a write");

function fragment(index: number, lane: Fragment["lane"] = "video"): Fragment {
  const keyFrame = index > 0;
  return {
    lane,
    bytes: new Uint8Array(4),
    giveBack: () => {},
    startMs: 0,
    durationMs: 1000,
    init: index === 0,
    keyFrame,
  };
}

interface Card {
  readonly fragments?: readonly Fragment[];
  readonly onAppend?: (lane: number) => void;
  readonly opens?: () => Promise<void>;
  readonly append?: (appended: number) => Promise<void>;
  readonly onRingPicture?: (clip: string, picture: Uint8Array) => void;
}

/** A camera that gives an init segment and three fragments, and a card that may refuse. */
function door({
  opens,
  append,
  onAppend,
  onRingPicture,
  fragments = [0, 1, 2, 3].map((index) => fragment(index)),
}: Card = {}) {
  const clock = new FakeClock();
  const story: string[] = [];
  const notices = new NoticeBus(silentLog);
  notices.on("clipOpened", () => void story.push("opened"));
  notices.on("clipSealed", ({ closed }) => void story.push(`sealed ${closed}`));
  notices.on("recordingRefused", ({ reason }) => void story.push(`refused ${reason}`));
  let appended = 0;
  const clip: OpenClip = {
    id: new Uint8Array(16),
    day: 1,
    async append(lane) {
      onAppend?.(lane);
      await append?.(appended);
      appended += 1;
      return { lane, index: appended };
    },
    close: () =>
      Promise.resolve({ id: new Uint8Array(16), manifestEnvelope: new Uint8Array(), manifestDigest: new Uint8Array() }),
  };
  let running: Recording | null = null;
  const record = (trigger: Trigger): Recording => {
    running ??= recordingOf(trigger);
    return running;
  };
  const recordingOf = (trigger: Trigger): Recording => ({
    trigger,
    triggeredAtMs: 0,
    inits: { video: new Uint8Array() },
    preRollMs: 0,
    fragments: (async function* () {
      yield* fragments;
    })(),
    thumbnail: () => Promise.resolve(null),
    newestPicture: () => Promise.resolve(new Uint8Array([7])),
    extend: () => {},
    durationSoFarMs: 0,
    closed: "full",
  });
  const filming = new Filming({
    clock,
    log: silentLog,
    notices,
    recorder: { record },
    vault: {
      async openClip() {
        await opens?.();
        return clip;
      },
    },
    onRingPicture: (of, _ring, picture) => onRingPicture?.(of, picture),
    recipients: () => Promise.resolve([{ day: 1, publicKey: new Uint8Array(32) }]),
  });
  return { filming, story, clock, appended: () => appended };
}

describe("a recording", () => {
  test("goes to the card fragment by fragment and is sealed", async () => {
    const { filming, story, appended } = door();
    filming.trigger("ring");
    await filming.settled();
    expect(story).toEqual(["opened", "sealed full"]);
    expect(appended()).toBe(4);
  });

  test("keeps sound with the picture of its second, which is one sync for both, and no more than two seconds of it", async () => {
    const appends: string[] = [];
    const answers: (() => void)[] = [];
    const sounds = (count: number) => Array.from({ length: count }, () => fragment(1, "audio"));
    const { filming } = door({
      fragments: [fragment(1), ...sounds(2), fragment(2), ...sounds(5)],
      onAppend: (lane) => void appends.push(lane === 1 ? "V" : "a"),
      append: () => new Promise((resolve) => void answers.push(resolve)),
    });
    filming.trigger("ring");
    const together: string[] = [];
    for (let turn = 0; turn < 20; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (appends.length > 0) together.push(appends.splice(0).join(""));
      for (const answer of answers.splice(0)) answer();
    }
    await filming.settled();
    expect(together).toEqual(["V", "aaV", "aaaa", "a"]);
  });

  test("that the motion sensor began shows who rings while it runs; more motion shows nothing", async () => {
    const shown: [string, number[]][] = [];
    const { filming } = door({ onRingPicture: (clip, picture) => void shown.push([clip, [...picture]]) });
    filming.trigger("motion");
    filming.trigger("motion");
    filming.trigger("ring");
    await filming.settled();
    await vi.waitFor(() => expect(shown).toEqual([["00".repeat(16), [7]]]));
  });

  test("that the card refuses in the middle has ended as cut, so that no light goes on claiming that it is recorded", async () => {
    const { filming, story } = door({
      append: (appended) => (appended < 2 ? Promise.resolve() : Promise.reject(refused)),
    });
    filming.trigger("ring");
    await filming.settled();
    expect(story).toEqual(["opened", "sealed cut"]);
  });

  test("that cannot even begin is told, with the reason", async () => {
    const { filming, story } = door({ opens: () => Promise.reject(refused) });
    filming.trigger("ring");
    await filming.settled();
    expect(story).toEqual(["refused vault/write-failed"]);
  });

  test("of which the card keeps a fragment without an answer is noticed, and forgotten when it answers", async () => {
    let answer = (): void => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { filming, clock } = door({ append: (appended) => (appended === 2 ? held : Promise.resolve()) });
    expect(filming.cardSilentMs).toBe(0);
    filming.trigger("ring");
    await clock.advance(1000);
    await clock.advance(60_000);
    expect(filming.cardSilentMs).toBeGreaterThanOrEqual(60_000);
    answer();
    await filming.settled();
    expect(filming.cardSilentMs).toBe(0);
  });
});
