import { type AuditView, readAudit } from "../../owner/read-audit.ts";
import { AUDIT_START, type AuditPosition } from "../../protocol/audit-chain.ts";
import { equalBytes, fromBase64url, toBase64url } from "../../protocol/bytes.ts";
import type { Ground } from "../ground/ground.ts";
import type { Home } from "./home.ts";

const PAGE_ROWS = 200;
const RECORD = "audit-seen";

export interface History {
  readonly rows: AuditView["rows"];
  /** `rewritten`: whole in itself, and another one than this phone saw up to that entry. */
  readonly verdict: "ok" | "broken" | "rewritten";
  /** The entry at which it does not hold, or the last one. */
  readonly sequence: number;
}

interface Seen {
  readonly device: string;
  readonly sequence: number;
  readonly chain: string;
}

/**
 * Page by page from the beginning, since only a chain that is read from its beginning proves that nothing is missing;
 * and past the entry that this phone saw last, since a doorbell could sign another chain from its beginning on.
 */
export async function wholeAudit(home: Home): Promise<History> {
  const { crypto, store } = home.ground;
  const { days } = await store.read();
  const deviceKey = await home.deviceKey();
  const seen = await lastSeen(home.ground, deviceKey);
  const rows: AuditView["rows"][number][] = [];
  let position = AUDIT_START;
  return home.ask(async (doorbell) => {
    for (;;) {
      const { sequence } = position;
      // A page ends where the phone saw the log end, so that the chain there can be compared.
      const limit = sequence < seen.sequence ? Math.min(PAGE_ROWS, seen.sequence - sequence) : PAGE_ROWS;
      const { attachment } = await doorbell.ask("audit", { after: sequence, limit });
      const page = readAudit(crypto, days, deviceKey, attachment, position);
      rows.push(...page.rows);
      if (page.verdict.verdict !== "ok") return { rows, verdict: "broken", sequence: page.verdict.sequence };
      ({ position } = page.verdict);
      const isEnd = page.rows.length < limit;
      const isOther = position.sequence === seen.sequence && !equalBytes(position.chain, seen.chain);
      if (isOther || (isEnd && position.sequence < seen.sequence)) {
        return { rows, verdict: "rewritten", sequence: seen.sequence };
      }
      if (!isEnd) continue;
      await remember(home.ground, deviceKey, position);
      return { rows, verdict: "ok", sequence: position.sequence };
    }
  });
}

async function lastSeen({ database, box }: Ground, deviceKey: Uint8Array): Promise<AuditPosition> {
  const sealed = await database.get("records", RECORD);
  const seen = sealed && (await box.openJson<Seen>(RECORD, sealed).catch(() => null));
  if (!seen || seen.device !== toBase64url(deviceKey)) return AUDIT_START;
  return { sequence: seen.sequence, chain: fromBase64url(seen.chain) };
}

async function remember(
  { database, box }: Ground,
  deviceKey: Uint8Array,
  { sequence, chain }: AuditPosition,
): Promise<void> {
  const seen: Seen = { device: toBase64url(deviceKey), sequence, chain: toBase64url(chain) };
  await database.put("records", await box.sealJson(RECORD, seen), RECORD);
}
