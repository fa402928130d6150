import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { CodedError } from "../../protocol/errors.ts";
import { type LogPolicy, parseLogPolicy } from "../../protocol/tlog/checkpoint.ts";
import { describeEvidence } from "../../protocol/tlog/compare-checkpoints.ts";
import { encodeVerifierKey } from "../../protocol/tlog/note.ts";
import { CHECKPOINT_PATH, type TileSource } from "../../protocol/tlog/tiles.ts";
import { getFrom } from "../../protocol/tlog/tree-reader.ts";
import { auditRegister } from "../../register/audit-register.ts";
import { HttpSource } from "../../register/http-source.ts";
import { FolderSource } from "../../register/log-folder.ts";
import { PUBLIC_FOLDER, RegisterFolder } from "../../register/register-folder.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { CliError, EXIT } from "../errors.ts";
import { writeOutputFile } from "../private-dir.ts";
import { readQuorum } from "../quorum.ts";
import { leafWords, sayViolations } from "../register-words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, options, terminal, signal } = invocation;
  const { source, ownKey } = await sourceOf(args[0] ?? "", signal);
  const policy = policyOf(invocation, ownKey);
  const sinceFile = options.text("since");
  const since = sinceFile === undefined ? {} : { since: new Uint8Array(await readFile(sinceFile)) };
  // The one that is audited is the one that is kept: a second fetch could show another.
  const checkpoint = await getFrom(source, CHECKPOINT_PATH);
  const fixed: TileSource = {
    get: (path) => (path === CHECKPOINT_PATH ? Promise.resolve(checkpoint) : source.get(path)),
  };
  const progress = terminal.progress("Auditing");
  const report = await auditRegister(nodeCrypto, fixed, policy, {
    ...since,
    nowSeconds: Math.floor(Date.now() / 1000),
    onProgress: (done, total) => progress.update(done, total),
    signal,
  }).finally(() => progress.end());
  const ok = report.violationCount === 0;
  const evidence = report.evidence === null ? null : describeEvidence(report.evidence);
  if (ok) terminal.say(`Nothing wrong in ${report.size} entries: ${leafWords(report.leaves)}.`);
  else sayViolations(terminal, report.violations, report.violationCount);
  if (evidence !== null) terminal.say(`\nEvidence, for everybody to check:\n\n${evidence}`);
  const keep = options.text("keep");
  if (keep !== undefined && ok && checkpoint !== null) await writeOutputFile(keep, checkpoint);
  const { violations, violationCount, size, lastAt, leaves } = report;
  return {
    json: { ok, log: policy.origin, size, lastAt, leaves, violationCount, violations, evidence },
    exit: ok ? EXIT.ok : EXIT.notVerified,
  };
}

/** A web server, a register's own folder, or a folder with a copy of its files. */
async function sourceOf(log: string, signal: AbortSignal): Promise<{ source: TileSource; ownKey: string | null }> {
  if (/^https?:\/\//.test(log)) return { source: new HttpSource(log, signal), ownKey: null };
  const isFolder = await stat(log).then((found) => found.isDirectory());
  if (!isFolder) throw new CliError("cli/wrong-file", `${log} is neither a URL nor a folder`);
  const folder = new RegisterFolder(nodeCrypto, log);
  if (!(await folder.isInitialised())) return { source: new FolderSource(log), ownKey: null };
  const { logKey } = await folder.identity();
  return { source: new FolderSource(join(log, PUBLIC_FOLDER)), ownKey: encodeVerifierKey(logKey) };
}

function policyOf({ options }: Invocation, ownKey: string | null): LogPolicy {
  const logKey = options.text("key") ?? ownKey;
  if (logKey === null) throw new CliError("cli/usage", "--key is needed: the log's verifier key, from its operator");
  const witnesses = options.texts("witness");
  const quorum = readQuorum(options, witnesses);
  try {
    return parseLogPolicy(nodeCrypto, { logKey, witnesses, quorum });
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    throw new CliError("cli/usage", error.message, { cause: error });
  }
}
