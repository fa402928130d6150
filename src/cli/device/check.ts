import { existsSync } from "node:fs";
import { join } from "node:path";
import { AuditLog } from "../../device/audit/audit-log.ts";
import { openLedger } from "../../device/audit/ledger.ts";
import { type DeviceKeys, loadDeviceKeys } from "../../device/device-keys.ts";
import { systemClock } from "../../device/platform/clock.ts";
import { silentLog } from "../../device/platform/logger.ts";
import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { type CheckReport, checkFindings } from "../../device/vault/types.ts";
import { Vault } from "../../device/vault/vault.ts";
import { seedSigner } from "../../protocol/envelope.ts";
import { askDaemon } from "../control-client.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { deviceConfig } from "../device-config.ts";
import { CliError, EXIT } from "../errors.ts";
import { byteSize } from "../words.ts";

interface AuditFinding {
  readonly ok: boolean;
  readonly rows: number;
  readonly text: string;
}

export async function run({ options, terminal, signal }: Invocation): Promise<Outcome> {
  const config = await deviceConfig(options);
  await refuseBesideDaemon(config.dataDir, signal);
  const keys = await loadDeviceKeys(config.dataDir);
  const vault = new Vault(
    { dir: join(config.dataDir, "vault"), ...config.storage },
    { crypto: nodeCrypto, clock: systemClock, log: silentLog, deviceSigningSeed: keys.seed.reveal() },
  );
  const progress = terminal.progress("Checking clips");
  const report = await vault
    .check({
      repair: options.flag("repair"),
      signal,
      onProgress: ({ clipsDone, clips, fragments }) => progress.update(clipsDone, clips, `${fragments} fragments`),
    })
    .finally(() => progress.end());
  const audit = checkAudit(config.dataDir, keys);
  terminal.say(
    `${counted(report.clips, "clip")}, ${counted(report.fragments, "fragment")}, ${byteSize(report.bytes)}; ${counted(audit.rows, "audit entry", "audit entries")}.`,
  );
  for (const line of findingLines(report)) terminal.say(line);
  if (!audit.ok) terminal.say(`audit: ${audit.text}`);
  const clean = report.clean && audit.ok;
  terminal.say(clean ? "All is well." : "Not all is well.");
  if (!clean && !options.flag("repair"))
    terminal.say("`doorward check --repair` mends the catalog from the clip files; it deletes nothing.");
  else if (report.findings.some(({ code }) => code === "check/fragment-damaged"))
    terminal.say("A damaged clip stays as it is: `doorward owner open` opens what is whole of it.");
  return { json: { ok: clean, ...report, audit }, exit: clean ? EXIT.ok : EXIT.notVerified };
}

async function refuseBesideDaemon(dataDir: string, signal: AbortSignal): Promise<void> {
  try {
    await askDaemon({ dataDir }, { op: "status" }, signal);
  } catch (error) {
    if (error instanceof CliError && error.code === "cli/daemon-not-running") return;
    throw error;
  }
  throw new CliError("cli/daemon-runs", `a daemon works on ${dataDir}`);
}

function checkAudit(dataDir: string, { seed }: DeviceKeys): AuditFinding {
  const path = join(dataDir, "ledger.db");
  if (!existsSync(path)) return { ok: true, rows: 0, text: "none yet" };
  const ledger = openLedger(path);
  try {
    const signer = seedSigner(nodeCrypto, seed.reveal());
    const verdict = new AuditLog(ledger, { crypto: nodeCrypto, clock: systemClock, signer }).verify();
    return verdict.verdict === "ok"
      ? { ok: true, rows: verdict.position.sequence, text: "unbroken" }
      : { ok: false, rows: verdict.sequence, text: verdict.text };
  } finally {
    ledger.close();
  }
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function findingLines({ findings }: CheckReport): string[] {
  return findings.map(({ code, clip, file, text, repaired }) => {
    const about = clip?.slice(0, 8) ?? file ?? "catalog";
    return `${repaired ? "mended" : "found "}  ${about}  ${checkFindings[code]}: ${text}`;
  });
}
