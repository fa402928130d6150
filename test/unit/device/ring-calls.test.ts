import { describe, expect, test } from "vitest";
import { RingCalls } from "../../../src/device/ring-calls.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

const [AWAKE, DOZING, AWAY] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

function rung() {
  const clock = new FakeClock();
  const woken: number[] = [];
  const calls = new RingCalls({
    clock,
    members: () => [AWAKE, DOZING, AWAY],
    isListening: (member) => member !== AWAY,
    wake: (member) => woken.push(member[0] ?? 0),
  });
  return { clock, calls, woken };
}

describe("a ring", () => {
  test("wakes who is not connected at once, who sleeps behind a connection after a moment, and nobody who heard it", async () => {
    const { clock, calls, woken } = rung();
    calls.rang();
    expect(woken).toEqual([3]);
    calls.heardBy(AWAKE);
    await clock.advance(1_499);
    expect(woken).toEqual([3]);
    await clock.advance(1);
    expect(woken).toEqual([3, 2]);
    await clock.advance(60_000);
    expect(woken).toEqual([3, 2]);
  });

  test("wakes at once, behind an open connection too, who said that nobody looks, until somebody does", async () => {
    const { clock, calls, woken } = rung();
    calls.setAwake(DOZING, false);
    calls.rang();
    expect(woken).toEqual([2, 3]);
    calls.heardBy(AWAKE);
    await clock.advance(5_000);
    expect(woken).toEqual([2, 3]);
    calls.setAwake(DOZING, true);
    calls.rang();
    expect(woken).toEqual([2, 3, 3]);
    calls.heardBy(DOZING);
    calls.heardBy(AWAKE);
    await clock.advance(5_000);
    expect(woken).toEqual([2, 3, 3]);
  });

  test("that was heard does not excuse the next one", async () => {
    const { clock, calls, woken } = rung();
    calls.rang();
    calls.heardBy(AWAKE);
    await clock.advance(5_000);
    calls.rang();
    await clock.advance(5_000);
    expect(woken).toEqual([3, 2, 3, 1, 2]);
  });

  test("is dated by how long ago it was, and only since the start", async () => {
    const { clock, calls } = rung();
    expect(calls.agoMs).toBeNull();
    calls.rang();
    await clock.advance(90_000);
    expect(calls.agoMs).toBe(90_000);
    calls.stop();
  });
});
