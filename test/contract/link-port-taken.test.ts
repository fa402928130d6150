import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, test, vi } from "vitest";
import type { Clock } from "../../src/device/platform/clock.ts";
import { systemClock } from "../../src/device/platform/clock.ts";
import { pairWithCode } from "../../src/owner/pair.ts";
import { newPhone, startDevice } from "./link-rig.ts";

/** A clock whose longer waits end when the test says so. */
function hurriedClock(): { readonly clock: Clock; readonly hurry: () => void } {
  const waiting: (() => void)[] = [];
  const after: Clock["after"] = (ms, run) => {
    if (ms < 10_000) return systemClock.after(ms, run);
    waiting.push(run);
    return () => void waiting.splice(waiting.indexOf(run), 1);
  };
  return { clock: { ...systemClock, after }, hurry: () => waiting.splice(0, 1)[0]?.() };
}

test("a home broker whose port was taken serves phones once it is free, without a restart", async () => {
  const squatter = createServer().listen(0, "127.0.0.1");
  await once(squatter, "listening");
  const { port } = squatter.address() as AddressInfo;
  const { clock, hurry } = hurriedClock();
  const device = await startDevice({ kind: "embedded", host: "127.0.0.1", port }, { clock });
  try {
    expect(device.log.codes).toContain("link/broker-port");
    hurry();
    await device.log.seen("link/broker-port", 2);
    squatter.close();
    await once(squatter, "close");
    hurry();
    await vi.waitFor(() => once(connect(port, "127.0.0.1").unref(), "connect"));
    const { qrText } = await device.link.startPairing();
    const phone = await newPhone();
    const { role } = await pairWithCode(phone.ports, phone.signer.publicKey, qrText);
    expect(role).toBe("owner");
  } finally {
    await device.stop();
  }
});
