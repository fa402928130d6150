import { nodeCrypto } from "../device/platform/node-crypto.ts";
import { originOf } from "../owner/requests/registers.ts";
import { type Synced, type SyncedRegister, syncHome } from "../owner/requests/sync.ts";
import { fromUtf8 } from "../protocol/bytes.ts";
import { logErrors } from "../protocol/tlog/errors.ts";
import type { Invocation } from "./definition.ts";
import type { DoorbellSession } from "./doorbell-session.ts";
import { EXIT, type ExitStatus } from "./errors.ts";
import { httpLog } from "./http-log.ts";
import { witnessWords } from "./quorum.ts";
import type { Terminal } from "./terminal.ts";
import { foreignText, localTime } from "./words.ts";

/** A country's year is 40 MiB. One that takes longer counts as not reached, and what was known of it stays. */
const REGISTER_WITHIN_MS = 180_000;

/** All that opening an app fetches. Whatever a command does with it afterwards leaves no trace. */
export async function syncOwner(
  { terminal, signal }: Pick<Invocation, "terminal" | "signal">,
  { doorbell, deviceKey, store, shelf }: DoorbellSession,
  nowMs: number,
): Promise<Synced> {
  const progress = terminal.progress("Reading the doorbell and the registers");
  try {
    return await syncHome({
      crypto: nodeCrypto,
      doorbell,
      deviceKey,
      state: await store.read(),
      shelf,
      nowSeconds: Math.floor(nowMs / 1000),
      openUrl: (url) => httpLog(url, AbortSignal.any([signal, AbortSignal.timeout(REGISTER_WITHIN_MS)])),
      onProgress: (done, total) => progress.update(done, total),
    });
  } finally {
    progress.end();
  }
}

/** What is wrong with registers, before anything else is said. */
export function tellTrouble(terminal: Terminal, { registers }: Synced): void {
  for (const synced of registers) for (const line of troubleOf(synced)) terminal.say(line);
}

export function troubleExit({ registers }: Synced): ExitStatus {
  const failed = registers.flatMap((synced) => (synced.outcome === "failed" ? [synced.error.code] : []));
  if (failed.length === 0) return EXIT.ok;
  return failed.every((code) => code === "log/unreachable" || code === "log/missing")
    ? EXIT.noAnswer
    : EXIT.notVerified;
}

function troubleOf(synced: SyncedRegister): string[] {
  const name = originOf(synced.register);
  if (synced.outcome === "followed") {
    const { count, last } = synced.followed.memory.faults;
    if (count === 0) return [];
    const codes = [...new Set(last.map(({ code }) => code))].join(", ");
    return [
      `WARNING  ${name} let in ${count} ${count === 1 ? "entry" : "entries"} that break its own rules (${codes}). They are not shown; \`doorward register audit\` names them.`,
      "",
    ];
  }
  const { error } = synced;
  const isDeceit = error.evidence !== null || error.code === "log/unsigned" || error.code === "log/unwitnessed";
  return [
    `${isDeceit ? "DANGER  " : "WARNING "} ${name}: ${foreignText(error.message)} (${error.code})`,
    `         ${logErrors[error.code]}`,
    "         Nothing of this register is shown or matched. Recording and your own shares go on.",
    ...(error.evidence === null
      ? []
      : ["         Both checkpoints, which convict it, are in the output of the same command with `--json`."]),
    "",
  ];
}

export function registersJson({ registers }: Synced): unknown[] {
  return registers.map((synced) => {
    const register = originOf(synced.register);
    if (synced.outcome === "failed") {
      const { code, message, evidence } = synced.error;
      const both = evidence === null ? null : { older: noteText(evidence.older), newer: noteText(evidence.newer) };
      return { register, ok: false, error: { code, message, hint: logErrors[code], evidence: both } };
    }
    const { checkpoint, memory } = synced.followed;
    const { size, cosignatures } = checkpoint;
    return { register, ok: true, size, cosignatures, doorbell: synced.doorbell, faults: memory.faults };
  });
}

export function registerLine(synced: SyncedRegister): string {
  const name = originOf(synced.register);
  if (synced.outcome === "failed") return `${name}: not followed (${synced.error.code})`;
  const { size, cosignatures } = synced.followed.checkpoint;
  const newest = Math.max(0, ...cosignatures.map(({ time }) => time));
  const vouched = witnessWords(cosignatures.length) + (newest === 0 ? "" : `, ${localTime(newest * 1000)}`);
  const same = synced.doorbell === "agrees" ? ", the doorbell's copy agrees" : "";
  return `${name}: ${size} entries, ${vouched}${same}`;
}

const noteText = (bytes: Uint8Array): string => {
  try {
    return fromUtf8(bytes);
  } catch {
    return "";
  }
};
