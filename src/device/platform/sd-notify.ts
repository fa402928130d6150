import { execFile } from "node:child_process";
import { fstatSync, writeSync } from "node:fs";
import type { Cancel, Clock } from "./clock.ts";

/**
 * Tells systemd how the service is (sd_notify(3)). The protocol is datagrams on a unix socket, which Node cannot open. So:
 * - systemd 253 and later hand an open, connected socket over (`OpenFile=/run/systemd/notify:notify` in the unit): a message is one write;
 * - older ones have `systemd-notify`, a child of about 6 ms CPU per message: enough for one ping every 20 s.
 * Outside systemd every call does nothing.
 */
export interface Supervisor {
  ready(status: string): void;
  status(status: string): void;
  reloading(): void;
  stopping(): void;
  /** Pings as often as the unit's WatchdogSec= asks, as long as `isAlive()` says so; otherwise systemd restarts the service. */
  watch(clock: Clock, isAlive: () => boolean): Cancel;
}

type Environment = Readonly<Record<string, string | undefined>>;
const FIRST_PASSED_FD = 3;
/** systemd-notify sends from a child, so the unit needs `NotifyAccess=all`. */
const NOTIFY_PROGRAM = "systemd-notify";

export function makeSupervisor(environment: Environment = process.env): Supervisor {
  const send = senderFor(environment);
  return {
    ready: (status) => send(`READY=1\nSTATUS=${oneLine(status)}`),
    status: (status) => send(`STATUS=${oneLine(status)}`),
    reloading: () => send(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping: () => send("STOPPING=1"),
    watch(clock, isAlive) {
      const periodMs = Number(environment.WATCHDOG_USEC) / 1000 / 3;
      if (!Number.isFinite(periodMs) || periodMs <= 0) return () => {};
      return clock.every(periodMs, () => {
        if (isAlive()) send("WATCHDOG=1");
      });
    },
  };
}

function senderFor(environment: Environment): (message: string) => void {
  if (environment.NOTIFY_SOCKET === undefined) return () => {};
  const socket = passedSocket(environment);
  if (socket === undefined) return sendByChild;
  return (message) => {
    try {
      writeSync(socket, message);
    } catch {
      sendByChild(message);
    }
  };
}

/** sd_listen_fds(3): file descriptors from 3 on, named in LISTEN_FDNAMES, meant for the process LISTEN_PID. */
function passedSocket(environment: Environment): number | undefined {
  if (environment.LISTEN_PID !== String(process.pid)) return undefined;
  const index = (environment.LISTEN_FDNAMES ?? "").split(":").indexOf("notify");
  if (index < 0) return undefined;
  const descriptor = FIRST_PASSED_FD + index;
  try {
    return fstatSync(descriptor).isSocket() ? descriptor : undefined;
  } catch {
    return undefined;
  }
}

function sendByChild(message: string): void {
  // A lost message is not worth an error: systemd restarts a service that it does not hear from.
  execFile(NOTIFY_PROGRAM, message.split("\n"), () => {});
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ");
