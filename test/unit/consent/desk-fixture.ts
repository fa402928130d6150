import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Ledger, openLedger } from "../../../src/device/audit/ledger.ts";
import type { Clearance } from "../../../src/device/consent/clearance.ts";
import { ConsentDesk } from "../../../src/device/consent/consent-desk.ts";
import type { ConsentDeskPorts, HouseholdView, Publishing } from "../../../src/device/consent/ports.ts";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { Outbox } from "../../../src/device/publisher/outbox.ts";
import type { AuditEntry } from "../../../src/protocol/audit-chain.ts";
import { type ConsentWorld, makeConsentWorld } from "../../fakes/consent-world.ts";

type Ending = Awaited<ReturnType<Publishing["publish"]>>;

/** Hands every clearance to the test, which ends the delivery when it likes. */
export class HeldPublisher implements Publishing {
  readonly held: { readonly clearance: Clearance; readonly end: (ending: Ending) => void }[] = [];

  publish(clearance: Clearance, signal: AbortSignal): Promise<Ending> {
    return new Promise((resolve, reject) => {
      this.held.push({ clearance, end: resolve });
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  }
}

export interface DeskWorld extends ConsentWorld {
  readonly desk: ConsentDesk;
  readonly ledger: Ledger;
  readonly outbox: Outbox;
  readonly publisher: HeldPublisher;
  readonly audit: readonly AuditEntry[];
  readonly refusals: readonly string[];
  changeHousehold(change: Partial<HouseholdView>): void;
  pendingBytes(): Buffer | null;
  /** Every byte of every file, as a thief of the card reads it while the daemon runs. */
  diskBytes(): Buffer;
  /** Puts back what a crash would have left in the place of the last write. */
  restorePending(bytes: Buffer | null): void;
  /** Ends the daemon as a power cut does, and starts it again on the same disk. */
  reboot(): Promise<DeskWorld>;
}

export const UNDO_MS = 600_000;

export async function makeDesk(): Promise<DeskWorld> {
  const dir = mkdtempSync(join(tmpdir(), "consent-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return startDesk(dir, await makeConsentWorld(nodeCrypto), [], []);
}

async function startDesk(
  dir: string,
  world: ConsentWorld,
  audit: AuditEntry[],
  refusals: string[],
): Promise<DeskWorld> {
  const ledger = openLedger(join(dir, "ledger.db"));
  const outbox = new Outbox(ledger, nodeCrypto);
  const publisher = new HeldPublisher();
  const pendingFile = join(dir, "pending.bin");
  const ports: ConsentDeskPorts = {
    crypto: nodeCrypto,
    clock: world.clock,
    log: {
      info() {},
      warn: (_event, fields) => void refusals.push(String(fields?.code)),
      error: (event, fields) => {
        throw new Error(`${event}: ${String(fields?.cause)}`);
      },
    },
    household: () => world.household,
    vault: world.shelf,
    ledger,
    audit: { append: (entry) => audit.push(entry) },
    auditReaders: () => [],
    accepted: outbox,
    publisher,
  };
  const desk = new ConsentDesk({ device: world.device, pendingFile, undoMs: UNDO_MS }, ports);
  const ending = new AbortController();
  await desk.start(ending.signal);
  const end = async (): Promise<void> => {
    ending.abort();
    await desk.stop();
    ledger.close();
  };
  onTestFinished(end);
  return Object.assign(Object.create(world) as ConsentWorld, {
    desk,
    ledger,
    outbox,
    publisher,
    audit,
    refusals,
    changeHousehold(change: Partial<HouseholdView>) {
      world.household = { ...world.household, ...change };
    },
    restorePending(bytes: Buffer | null) {
      if (bytes === null) rmSync(pendingFile, { force: true });
      else writeFileSync(pendingFile, bytes);
    },
    diskBytes: () => Buffer.concat(readdirSync(dir).map((name) => readFileSync(join(dir, name)))),
    pendingBytes: () => (existsSync(pendingFile) ? readFileSync(pendingFile) : null),
    async reboot() {
      await end();
      return startDesk(dir, world, audit, refusals);
    },
  });
}
