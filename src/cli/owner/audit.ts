import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { type AuditView, readAudit } from "../../owner/read-audit.ts";
import type { AuditEntry } from "../../protocol/audit-chain.ts";
import { toHex } from "../../protocol/bytes.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { type DoorbellSession, withDoorbell } from "../doorbell-session.ts";
import { EXIT } from "../errors.ts";
import { table } from "../table.ts";
import { localTime, shortId } from "../words.ts";

const PAGE_ROWS = 200;
const MOST_ROWS = 100_000;

export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, terminal } = invocation;
  const limit = options.integer("limit", { min: 1, max: MOST_ROWS }) ?? MOST_ROWS;
  return withDoorbell(invocation, async (session) => {
    const { verdict, rows } = await wholeLog(session);
    const shown = rows.slice(-limit);
    if (shown.length > 0)
      terminal.say(table([{ title: "NO", align: "right" }, { title: "WHEN" }, { title: "WHAT" }], shown.map(cells)));
    const ok = verdict.verdict === "ok";
    terminal.say(
      ok ? `${rows.length} entries, unbroken, signed by the doorbell.` : `The log does not hold: ${verdict.text}.`,
    );
    const entries = shown.map(({ sequence, day, entry }) => ({
      sequence,
      day,
      entry: entry === null ? null : inHex(entry),
    }));
    const told = ok ? { ok, verdict: "ok" } : { ok, verdict: verdict.verdict, text: verdict.text };
    return { json: { ...told, rows: rows.length, entries }, exit: ok ? EXIT.ok : EXIT.notVerified };
  });
}

/** Page by page from the beginning, since only a chain that is read from its beginning proves that nothing is missing. */
async function wholeLog({ doorbell, store, deviceKey }: DoorbellSession): Promise<AuditView> {
  const { days } = await store.read();
  const rows: AuditView["rows"][number][] = [];
  let position: Extract<AuditView["verdict"], { verdict: "ok" }>["position"] | undefined;
  for (;;) {
    const { attachment } = await doorbell.ask("audit", { after: position?.sequence ?? 0, limit: PAGE_ROWS });
    const page = readAudit(nodeCrypto, days, deviceKey, attachment, position);
    rows.push(...page.rows);
    if (page.verdict.verdict !== "ok" || page.rows.length < PAGE_ROWS) return { verdict: page.verdict, rows };
    ({ position } = page.verdict);
  }
}

function cells({ sequence, day, entry }: AuditView["rows"][number]): string[] {
  const when = entry === null ? new Date(day * 86_400_000).toISOString().slice(0, 10) : localTime(entry.at * 1000);
  return [String(sequence), when, entry === null ? "not readable with your keys" : entryText(entry)];
}

function entryText(entry: AuditEntry): string {
  const short = (bytes: Uint8Array): string => shortId(toHex(bytes));
  switch (entry.kind) {
    case "release":
      return `share ${short(entry.token)} of clip ${short(entry.clip)} released to ${short(entry.recipient)}, ${entry.basis}`;
    case "pairing":
      return `member ${short(entry.member)} paired`;
    case "household":
      return `member ${short(entry.member)} is ${entry.role === "none" ? "removed" : entry.role}, quorum ${entry.quorum}`;
    case "privacy":
      return `privacy mode ${entry.on ? "on" : "off"}`;
    case "config":
      return `settings changed: ${entry.settings.join(", ")}`;
    case "revocation":
      return `share ${short(entry.token)} revoked`;
    case "recovery":
      return `recovery words ${entry.step}, member ${short(entry.member)}`;
    case "live-session":
      return `live view for ${entry.seconds} s`;
  }
}

function inHex(entry: AuditEntry): Record<string, unknown> {
  const plain = (value: unknown): unknown => {
    if (value instanceof Uint8Array) return toHex(value);
    return Array.isArray(value) ? value.map(plain) : value;
  };
  return Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, plain(value)]));
}
