import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { RelayConfig } from "./live-config.ts";

/** As `RTCConfiguration` has it. */
export interface IceServer {
  readonly urls: string;
  readonly username: string | null;
  readonly credential: string | null;
}

/** Relay servers for one view. Credentials as coturn's `use-auth-secret` wants them: they end with `expiresSeconds`. */
export async function iceServersOf(
  { urls, secretFile }: RelayConfig,
  session: string,
  expiresSeconds: number,
): Promise<readonly IceServer[]> {
  if (urls.length === 0) return [];
  const secret = secretFile === null ? null : (await readFile(secretFile, "utf8")).trim();
  return urls.map((url) => {
    if (secret === null || url.startsWith("stun:")) return { urls: url, username: null, credential: null };
    const username = `${expiresSeconds}:${session}`;
    // coturn's REST credentials are HMAC-SHA-1 by definition.
    return { urls: url, username, credential: createHmac("sha1", secret).update(username).digest("base64") };
  });
}

/** As the engines' own configuration wants them: what there is none of is left out. */
export function engineServers(
  servers: readonly IceServer[],
): { urls: string; username?: string; credential?: string }[] {
  return servers.map(({ urls, username, credential }) => ({
    urls,
    ...(username === null ? {} : { username }),
    ...(credential === null ? {} : { credential }),
  }));
}
