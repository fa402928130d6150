import { resolve } from "node:path";
import { runDaemon } from "../../device/main.ts";
import { codeOf } from "../../device/platform/error-code.ts";
import { CannotStart, lasts } from "../cannot-start.ts";
import type { Invocation, Outcome } from "../definition.ts";

export async function run({ options, environment, signal }: Invocation): Promise<Outcome> {
  try {
    await runDaemon(resolve(options.needed("config")), signal);
  } catch (error) {
    if (environment.NOTIFY_SOCKET === undefined || !lasts(codeOf(error))) throw error;
    throw new CannotStart(error);
  }
  return { json: undefined }; // stdout is the log's, one JSON object a line where systemd does not read it
}
