import { type AuditView, readAudit } from "../../owner/read-audit.ts";
import type { Home } from "./home.ts";

const PAGE_ROWS = 200;

/** Page by page from the beginning, since only a chain that is read from its beginning proves that nothing is missing. */
export async function wholeAudit(home: Home): Promise<AuditView> {
  const { crypto, store } = home.ground;
  const { days } = await store.read();
  const deviceKey = await home.deviceKey();
  const rows: AuditView["rows"][number][] = [];
  let position: Extract<AuditView["verdict"], { verdict: "ok" }>["position"] | undefined;
  return home.ask(async (doorbell) => {
    for (;;) {
      const { attachment } = await doorbell.ask("audit", { after: position?.sequence ?? 0, limit: PAGE_ROWS });
      const page = readAudit(crypto, days, deviceKey, attachment, position);
      rows.push(...page.rows);
      if (page.verdict.verdict !== "ok" || page.rows.length < PAGE_ROWS) return { verdict: page.verdict, rows };
      ({ position } = page.verdict);
    }
  });
}
