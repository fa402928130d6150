import { readFile } from "node:fs/promises";
import type { BrokerConfig } from "./config/config.ts";
import type { LinkConfig } from "./link/link-ports.ts";

/** Reads the files that the broker's configuration names: certificates, an authority, a password. */
export async function linkConfig(dir: string, broker: BrokerConfig): Promise<LinkConfig> {
  const reach = broker.memberUrls.length === 0 ? {} : { memberUrls: broker.memberUrls };
  if (broker.kind === "embedded") {
    const { kind, host, port, tls } = broker;
    if (tls === null) return { dir, broker: { kind, host, port, ...reach } };
    const [cert, key] = await Promise.all([readFile(tls.certFile, "utf8"), readFile(tls.keyFile, "utf8")]);
    return { dir, broker: { kind, host, port, ...reach, tls: { cert, key } } };
  }
  const { kind, url, username, passwordFile, caFile } = broker;
  const password = passwordFile === null ? null : firstLine(await readFile(passwordFile, "utf8"));
  const ca = caFile === null ? null : await readFile(caFile, "utf8");
  return {
    dir,
    broker: {
      kind,
      url,
      ...reach,
      ...(username === null ? {} : { username }),
      ...(password === null ? {} : { password }),
      ...(ca === null ? {} : { ca }),
    },
  };
}

const firstLine = (text: string): string => text.split("\n", 1)[0]?.trimEnd() ?? "";
