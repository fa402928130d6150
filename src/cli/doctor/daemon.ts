import { askDaemon } from "../control-client.ts";
import { CliError } from "../errors.ts";
import type { Check } from "./finding.ts";

interface Trouble {
  readonly code: string;
  readonly todo: string;
}

/** What the running daemon says of itself. */
export interface DaemonStatus {
  /** Why nothing but the bell works. */
  readonly failure: Trouble | null;
  readonly cameraLost: Trouble | null;
  readonly microphoneLost: boolean;
  readonly isLinkUp: boolean;
}

/** @returns Null where no daemon runs. */
export async function daemonStatus(
  config: { readonly dataDir: string },
  signal: AbortSignal,
): Promise<DaemonStatus | null> {
  try {
    const { failure, cameraLost, microphoneLost, link } = await askDaemon(config, { op: "status" }, signal);
    return {
      failure: troubleFrom(failure),
      cameraLost: troubleFrom(cameraLost),
      microphoneLost: microphoneLost === true,
      isLinkUp: link === "up",
    };
  } catch (error) {
    if (error instanceof CliError && error.code !== "cli/interrupted") return null;
    throw error;
  }
}

export const daemonCheck: Check = {
  topic: "daemon",
  async look({ daemon }) {
    if (daemon === null) return [{ level: "ok", found: "not running" }];
    if (daemon.failure === null) return [{ level: "ok", found: "running" }];
    const { code, todo } = daemon.failure;
    return [{ level: "problem", found: `only the bell works: ${code}`, remedy: todo }];
  },
};

function troubleFrom(value: unknown): Trouble | null {
  if (typeof value !== "object" || value === null) return null;
  const { code, todo } = value as Readonly<Record<string, unknown>>;
  return { code: String(code), todo: String(todo) };
}
