import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { makeSupervisor } from "../../../src/device/platform/sd-notify.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-notify-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(dir, { recursive: true });
});

/** A socket handed over as systemd does with OpenFile=, and what is written to it. */
async function handedOver(): Promise<{
  environment: Record<string, string>;
  received: () => Promise<string>;
  close: () => void;
}> {
  const path = join(dir, "notify");
  const accepted = new Promise<Socket>((resolve) => {
    const server = createServer((socket) => {
      server.close();
      resolve(socket);
    }).listen(path);
  });
  const ours = connect(path);
  const theirs = await accepted;
  const fd: number = Reflect.get(Reflect.get(ours, "_handle") as object, "fd") as number;
  return {
    environment: {
      NOTIFY_SOCKET: path,
      LISTEN_PID: String(process.pid),
      LISTEN_FDNAMES: `${":".repeat(fd - 3)}notify`,
      WATCHDOG_USEC: "30000000",
    },
    received: () => new Promise((resolve) => theirs.once("data", (data) => resolve(String(data)))),
    close: () => {
      ours.destroy();
      theirs.destroy();
    },
  };
}

describe("with a socket from systemd", () => {
  test("being ready is one write, its status on one line", async () => {
    const { environment, received, close } = await handedOver();
    makeSupervisor(environment).ready("2 members,\n 1 camera");
    expect(await received()).toBe("READY=1\nSTATUS=2 members, 1 camera");
    close();
  });

  test("pings come three times as often as the watchdog asks, and stop when the daemon is not well", async () => {
    const { environment, received, close } = await handedOver();
    const clock = new FakeClock();
    let isWell = true;
    let asked = 0;
    const cancel = makeSupervisor(environment).watch(clock, () => {
      asked++;
      return isWell;
    });
    const ping = received();
    await clock.advance(10_000);
    expect(await ping).toBe("WATCHDOG=1");
    isWell = false;
    const silence = received();
    await clock.advance(60_000);
    expect(asked).toBe(7);
    expect(await Promise.race([silence, Promise.resolve("silence")])).toBe("silence");
    cancel();
    expect(clock.waiting).toBe(0);
    close();
  });
});

test("without a socket the systemd-notify program is told, one argument a line", async () => {
  const heard = join(dir, "heard");
  await writeFile(join(dir, "systemd-notify"), `#!/bin/sh\nprintf '%s|' "$@" > "${heard}"\n`);
  await chmod(join(dir, "systemd-notify"), 0o755);
  vi.stubEnv("PATH", `${dir}:${process.env.PATH}`);
  makeSupervisor({ NOTIFY_SOCKET: "/run/nowhere" }).ready("well");
  await vi.waitFor(async () => expect(await readFile(heard, "utf8")).toBe("READY=1|STATUS=well|"));
});

test("a socket meant for another process is not written to", async () => {
  const { environment, received, close } = await handedOver();
  vi.stubEnv("PATH", dir);
  const first = received();
  makeSupervisor({ ...environment, LISTEN_PID: "1" }).stopping();
  makeSupervisor(environment).reloading();
  expect(await first).toMatch(/^RELOADING=1\nMONOTONIC_USEC=\d+$/);
  close();
});

test("outside systemd nothing is sent and nothing pings", () => {
  const clock = new FakeClock();
  const supervisor = makeSupervisor({});
  supervisor.ready("well");
  supervisor.watch(clock, () => true);
  expect(clock.waiting).toBe(0);
});
