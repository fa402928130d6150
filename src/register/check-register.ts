/** Looks at every file of a register's folder: are they those that it signed, all of them, and nothing else? */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { readFileIfThere } from "../device/platform/durable-file.ts";
import { equalBytes } from "../protocol/bytes.ts";
import type { Crypto } from "../protocol/crypto.ts";
import { CodedError } from "../protocol/errors.ts";
import { type LogPolicy, openSignedCheckpoint, type SignedCheckpoint } from "../protocol/tlog/checkpoint.ts";
import { expectGrownFrom } from "../protocol/tlog/follow-log.ts";
import { GrowingTree, type LogFile } from "../protocol/tlog/growing-tree.ts";
import { CHECKPOINT_PATH, parseTilePath, TILE_WIDTH, type TileSource, tileWidth } from "../protocol/tlog/tiles.ts";
import { TreeReader } from "../protocol/tlog/tree-reader.ts";
import { type AuditReport, auditRegister, type Violation } from "./audit-register.ts";
import { LogFolder } from "./log-folder.ts";
import { SIGNED_FILE } from "./log-writer.ts";
import type { RegisterFolder } from "./register-folder.ts";

export interface CheckReport {
  readonly size: number;
  readonly findings: readonly Violation[];
  readonly audit: AuditReport | null;
}

export interface CheckOptions {
  readonly nowSeconds: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Reads only. @throws RegisterError `register/not-initialised`, `register/damaged` for settings or keys that cannot be read. */
export async function checkRegister(
  crypto: Crypto,
  folder: RegisterFolder,
  options: CheckOptions,
): Promise<CheckReport> {
  const { settings, logKey } = await folder.identity();
  const policy: LogPolicy = { origin: settings.name, logKey, witnesses: [], quorum: 0 };
  const findings: Violation[] = [];
  const find = (code: string, message: string): void => void findings.push({ index: null, code, message });
  await checkKeyModes(folder, find);
  const signedBytes = await readFileIfThere(join(folder.dir, SIGNED_FILE));
  if (signedBytes === undefined) {
    find("register/damaged", `${SIGNED_FILE} is not there`);
    return { size: 0, findings, audit: null };
  }
  const files = new LogFolder(folder.publicDir, folder.dir);
  let signed: SignedCheckpoint;
  try {
    signed = openSignedCheckpoint(crypto, policy, signedBytes);
    await checkPublished(crypto, policy, files.source, { ...signed, bytes: signedBytes }, find);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    find(String(error.code), error.message);
    return { size: 0, findings, audit: null };
  }
  await checkTiles(crypto, files, signed, find, options);
  const source = withCheckpoint(files.source, signedBytes);
  const audit = await auditRegister(crypto, source, policy, options);
  return { size: signed.size, findings: [...findings, ...audit.violations], audit };
}

type Find = (code: string, message: string) => void;

async function checkKeyModes(folder: RegisterFolder, find: Find): Promise<void> {
  for (const file of ["log.key", "operator.key"]) {
    const found = await stat(join(folder.dir, file)).catch(() => null);
    if (found !== null && (found.mode & 0o077) !== 0)
      find("register/damaged", `${file} can be read by others: chmod 600`);
  }
}

async function checkPublished(
  crypto: Crypto,
  policy: LogPolicy,
  source: TileSource,
  signed: SignedCheckpoint & { readonly bytes: Uint8Array },
  find: Find,
): Promise<void> {
  const bytes = await source.get(CHECKPOINT_PATH);
  if (bytes === null) {
    find("log/missing", "no checkpoint is published");
    return;
  }
  const { size, root } = openSignedCheckpoint(crypto, policy, bytes);
  await expectGrownFrom({ size, root, checkpoint: bytes }, signed, new TreeReader(crypto, source, signed));
}

/** Builds the tree anew from the entries and compares every file. */
async function checkTiles(
  crypto: Crypto,
  files: LogFolder,
  signed: SignedCheckpoint,
  find: Find,
  { signal }: CheckOptions,
): Promise<void> {
  const reader = new TreeReader(crypto, files.source, signed);
  let tree = GrowingTree.empty(crypto);
  const partial = new Map<number | "entries", LogFile>();
  const compare = async ({ path, bytes }: LogFile): Promise<void> => {
    const found = await files.source.get(path);
    if (found === null) find("log/missing", `${path} is not there`);
    else if (!equalBytes(found, bytes)) find("log/damaged", `${path} is not what was signed`);
  };
  for (let index = 0; index * TILE_WIDTH < signed.size; index += 1) {
    signal?.throwIfAborted();
    const entries = await reader.openBundle(index, await reader.fetchBundle(index)).catch(() => null);
    if (entries === null) return; // named by the audit
    const grown = tree.append(entries);
    tree = grown.tree;
    for (const file of grown.files) {
      const name = parseTilePath(file.path);
      // A partial tile counts if it is the last of its level; the next entries may still make it another.
      if (name === null || name.width === TILE_WIDTH) await compare(file);
      else partial.set(name.level, file);
    }
  }
  for (const file of partial.values()) {
    const name = parseTilePath(file.path);
    if (name !== null && tileWidth(signed.size, name.level, name.index) === name.width) await compare(file);
  }
  for (const { path, name } of await files.tiles()) {
    if (name === null) find("log/malformed", `${path} is no file of a log`);
    else if (name.width > tileWidth(signed.size, name.level, name.index)) {
      find("log/damaged", `${path} is beyond the signed size`);
    }
  }
}

const withCheckpoint = (source: TileSource, checkpoint: Uint8Array): TileSource => ({
  get: (path) => (path === CHECKPOINT_PATH ? Promise.resolve(checkpoint) : source.get(path)),
});
