import { X509Certificate } from "node:crypto";
import { access, readFile } from "node:fs/promises";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { join } from "node:path";
import { isLoopback } from "../../device/web/known-hosts.ts";
import type { WebConfig } from "../../device/web/web-config.ts";
import type { Check, Found } from "./finding.ts";

const ANSWERS_WITHIN_MS = 3_000;
const SOON_MS = 14 * 86_400_000;

export const webCheck: Check = {
  topic: "web",
  async look({ config: { web }, isDaemonRunning }) {
    if (!web.on) return [{ level: "ok", found: "off: no app, phones pair by the command line only" }];
    const found: Found[] = [];
    if (web.tls !== null) found.push(await certificate(web.tls.certFile));
    if (web.appDir !== null) found.push(...(await app(web.appDir)));
    if (isDaemonRunning) found.push(await serving(web));
    if (isLoopback(web.host)) {
      found.push({
        level: "note",
        found: "reachable from this machine only",
        remedy: 'For phones in the same network: `host = "0.0.0.0"` and `names` in [web]; docs/guide/web.md.',
      });
    } else if (web.names.length === 0) {
      found.push({
        level: "note",
        found: "has no name of its own: this machine's is used",
        remedy:
          "Set `names` in [web] before phones install the certificate authority: it is good for these names alone.",
      });
    }
    return found.length === 0 ? [{ level: "ok", found: "on" }] : found;
  },
};

async function certificate(file: string): Promise<Found> {
  const renew = "Renew it (`certbot renew`, `lego renew`); the doorbell takes the new one over by itself.";
  try {
    const untilMs = Date.parse(new X509Certificate(await readFile(file)).validTo);
    if (untilMs < Date.now()) return { level: "problem", found: "certificate has run out", where: file, remedy: renew };
    if (untilMs < Date.now() + SOON_MS) {
      return { level: "note", found: "certificate runs out within two weeks", where: file, remedy: renew };
    }
    return { level: "ok", found: "certificate is good", where: file };
  } catch {
    return { level: "problem", found: "certificate cannot be read", where: file, remedy: "Check `cert` in [web]." };
  }
}

async function app(dir: string): Promise<readonly Found[]> {
  return access(join(dir, "index.html")).then(
    () => [],
    () => [
      { level: "problem", found: "no built app in the folder of `app`", where: dir, remedy: "Check `app` in [web]." },
    ],
  );
}

async function serving(web: WebConfig): Promise<Found> {
  const isPlain = web.tls === null && isLoopback(web.host);
  const host = web.host === "0.0.0.0" || web.host === "::" ? "127.0.0.1" : web.host;
  const status = await statusOf(isPlain, host, web.port);
  if (web.port === 0) return { level: "ok", found: "on a free port" };
  if (status === 200) return { level: "ok", found: `serves the app by ${isPlain ? "HTTP" : "HTTPS"}` };
  if (status !== null) {
    return {
      level: "problem",
      found: "answers, but has no app",
      remedy: "Build it: `npm run build`, or set `app` in [web].",
    };
  }
  return {
    level: "problem",
    found: "does not answer",
    remedy: "Look at the daemon's log: another program may use the port.",
  };
}

/** The certificate is looked at elsewhere; here it is only asked whether anything answers. */
function statusOf(isPlain: boolean, host: string, port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const options = { host, port, path: "/", timeout: ANSWERS_WITHIN_MS, headers: { host: "localhost" } };
    const asked = isPlain ? requestHttp(options) : requestHttps({ ...options, rejectUnauthorized: false });
    asked.once("response", (reply) => {
      reply.resume();
      resolve(reply.statusCode ?? null);
    });
    asked.once("timeout", () => asked.destroy());
    asked.once("error", () => resolve(null));
    asked.end();
  });
}
