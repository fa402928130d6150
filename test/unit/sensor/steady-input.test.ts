import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../../../src/device/platform/clock.ts";
import type { Level, OnLevel } from "../../../src/device/sensor/gpio-driver.ts";
import { SteadyInput } from "../../../src/device/sensor/steady-input.ts";

// Edges come from the kernel, so a busy event loop hears of them after it has run the timers that fell due meanwhile.
// A pair of sockets stands for the kernel: what is written before the loop is kept busy arrives after its timers.
let kernel: Socket;
let ours: Socket;
beforeAll(async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  ours = connect((server.address() as AddressInfo).port, "127.0.0.1");
  [kernel] = (await once(server, "connection")) as [Socket];
  server.close();
});
afterAll(() => {
  kernel.destroy();
  ours.destroy();
});

function keepBusy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

/** A pulse that the loop, busy since its first edge, hears the end of too late; `order` gets what is seen, in turn. */
async function pulseDuringWork(
  ms: number,
  begin: (order: string[], beganMs: () => number) => OnLevel,
): Promise<string[]> {
  const order: string[] = [];
  let beganMs = 0;
  const edge = begin(order, () => beganMs);
  const heard = once(ours, "data").then(() => {
    order.push("edge heard");
    edge(0, beganMs + ms);
  });
  // From here on the loop runs due timers next, then hears of edges.
  await new Promise(setImmediate);
  beganMs = performance.now();
  edge(1, beganMs);
  kernel.write("0");
  keepBusy(ms + 40);
  await heard;
  await systemClock.sleep(100);
  return order;
}

function steadyInput(seen: string[], beganMs: () => number): OnLevel {
  const edges: OnLevel[] = [];
  const pin = { initial: 0 as Level, watch: (onLevel: OnLevel) => void edges.push(onLevel) };
  const input = new SteadyInput({ glitchFilterMs: 5, debounceMs: 60 }, systemClock, pin, (level, atMs) =>
    seen.push(`${level} after ${Math.round(atMs - beganMs())}`),
  );
  expect(input.level).toBe(0);
  return (level, atMs) => edges[0]?.(level, atMs);
}

test("a pulse that ended while the event loop was busy is no press", async () => {
  expect(await pulseDuringWork(3, steadyInput)).toEqual(["edge heard"]);
});

test("a press that ended while the event loop was busy is one, for as long as it lasted", async () => {
  expect(await pulseDuringWork(100, steadyInput)).toEqual(["edge heard", "1 after 5", "0 after 105"]);
  expect(await pulseDuringWork(30, steadyInput)).toEqual(["edge heard", "1 after 5", "0 after 70"]);
});

test("control: a filter of one timer takes that pulse for a press", async () => {
  const order = await pulseDuringWork(3, (seen) => {
    let timer: NodeJS.Timeout | undefined;
    return (level) => {
      clearTimeout(timer);
      if (level === 1) timer = setTimeout(() => void seen.push("pressed"), 5);
    };
  });
  expect(order).toEqual(["pressed", "edge heard"]);
});
