import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { MAX_PACKET_BYTES } from "../../src/device/link/link.ts";
import { systemClock } from "../../src/device/platform/clock.ts";
import { silentLog } from "../../src/device/platform/logger.ts";
import type { ServedClips } from "../../src/device/web/clip-routes.ts";
import type { MemberSessions } from "../../src/device/web/member-sessions.ts";
import type { WebConfig } from "../../src/device/web/web-config.ts";
import { WebServer } from "../../src/device/web/web-server.ts";

export interface ServedApp {
  readonly web: WebServer;
  readonly appDir: string;
  stop(): Promise<void>;
}

interface Options {
  readonly config?: Partial<WebConfig>;
  readonly acceptMember?: ((stream: Duplex, address: string) => void) | null;
  readonly brokerOrigins?: readonly string[];
  readonly clips?: ServedClips;
  readonly sessions?: Pick<MemberSessions, "admits">;
}

const NO_CLIPS: ServedClips = { head: () => Promise.resolve(null), fragment: () => Promise.resolve(null) };
const NOBODY = { admits: () => false };

/** A web server on a free port of loopback, with an app of two files. */
export async function serveApp({
  config = {},
  acceptMember = null,
  brokerOrigins = [],
  clips = NO_CLIPS,
  sessions = NOBODY,
}: Options = {}): Promise<ServedApp> {
  const dir = await mkdtemp(join(tmpdir(), "doorward-web-"));
  const appDir = join(dir, "app");
  await mkdir(join(appDir, "assets"), { recursive: true });
  await writeFile(join(appDir, "index.html"), "<!doctype html><title>App</title>");
  await writeFile(join(appDir, "assets", "app-Hx7.js"), "export {};\n");
  await writeFile(join(appDir, ".secret"), "hidden");
  await writeFile(join(dir, "outside.txt"), "outside");
  const web = new WebServer(
    { on: true, host: "127.0.0.1", port: 0, names: [], tls: null, appDir, origins: [], ...config },
    {
      clock: systemClock,
      log: silentLog,
      appDir,
      dir: join(dir, "web"),
      clips,
      sessions,
      acceptMember,
      maxPacketBytes: MAX_PACKET_BYTES,
      brokerOrigins,
    },
  );
  await web.start(new AbortController().signal);
  return {
    web,
    appDir,
    async stop() {
      await web.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
