import { nodeCrypto } from "../device/platform/node-crypto.ts";
import { dayOf, isUploadDue } from "../owner/day-keys.ts";
import { Doorbell } from "../owner/doorbell.ts";
import { OwnerError, type OwnerErrorCode } from "../owner/errors.ts";
import { LinkClient, type LinkClientPorts } from "../owner/link-client.ts";
import type { Timer } from "../owner/owner-ports.ts";
import type { OwnerStore } from "../owner/owner-store.ts";
import type { Shelf } from "../owner/shelf.ts";
import { tendDays } from "../owner/tend-days.ts";
import { fromBase64url } from "../protocol/bytes.ts";
import type { Signer } from "../protocol/envelope.ts";
import type { Invocation } from "./definition.ts";
import { CliError } from "./errors.ts";
import { mqttConnector } from "./mqtt-port.ts";
import { OwnerHome } from "./owner-home.ts";
import { fileShelf } from "./owner-shelf.ts";

/** One owner, connected to the doorbell. */
export interface DoorbellSession {
  readonly doorbell: Doorbell;
  /** The doorbell's signing key. */
  readonly deviceKey: Uint8Array;
  readonly signer: Signer;
  readonly store: OwnerStore;
  readonly shelf: Shelf;
}

const CLOCKS_DIFFER =
  "The doorbell's date and this machine's differ by more than a day: no keys of days were uploaded or deleted. Set the clock that is wrong.";

const timer: Timer = {
  after(ms, call) {
    const handle = setTimeout(call, ms);
    return () => clearTimeout(handle);
  },
};

export function linkPorts(home: OwnerHome, signal: AbortSignal): LinkClientPorts {
  return { crypto: nodeCrypto, store: home.store, connect: mqttConnector(signal), timer };
}

/**
 * Connects, does what a command is for, sees to the keys of the days to come, and hangs up.
 * @throws CliError `cli/no-owner`, `cli/not-paired`, `cli/no-answer`.
 */
export async function withDoorbell<T>(
  invocation: Invocation,
  use: (session: DoorbellSession) => Promise<T>,
): Promise<T> {
  const home = new OwnerHome(invocation);
  const signer = await home.signer();
  const { device } = await home.store.read();
  if (device === null) throw new CliError("cli/not-paired", `${home.dir} knows no doorbell`);
  const link = await LinkClient.open(linkPorts(home, invocation.signal)).catch(withReason);
  try {
    const doorbell = new Doorbell(link);
    const session = {
      doorbell,
      deviceKey: fromBase64url(device.deviceKey),
      signer,
      store: home.store,
      shelf: fileShelf(home.dir),
    };
    const result = await Promise.race([use(session), interruption(invocation.signal)]);
    await tend(session, invocation);
    return result;
  } finally {
    await link.close();
  }
}

/** The library knows only that no broker answered; the connection knows why. */
export function withReason(error: unknown): never {
  if (error instanceof OwnerError && error.cause instanceof CliError) throw error.cause;
  throw error;
}

async function interruption(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = (): void => reject(new CliError("cli/interrupted", "stopped before it was done"));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

const BROKER_GONE: ReadonlySet<OwnerErrorCode> = new Set(["owner/no-answer", "owner/broker-away"]);

/** Keys of days: uploaded ahead, and forgotten once the doorbell keeps no clip of that day. */
async function tend({ doorbell, store }: DoorbellSession, { terminal }: Invocation): Promise<void> {
  const today = dayOf(Date.now());
  const { days } = await store.read();
  if (days.firstDay >= today - 1 && !isUploadDue(days, today)) return;
  try {
    const { day: doorbellDay, retentionDays } = (await doorbell.ask("status", {})).result;
    const outcome = await tendDays(nodeCrypto, store, doorbell, { today, doorbellDay, retentionDays });
    if (outcome === "clocks-differ") terminal.note(CLOCKS_DIFFER);
  } catch (error) {
    // The command itself has succeeded; the next one tries again.
    if (!(error instanceof OwnerError && BROKER_GONE.has(error.code))) throw error;
  }
}
