import { resolve } from "node:path";
import { runDaemon } from "../../device/main.ts";
import type { Invocation, Outcome } from "../definition.ts";

export async function run({ options, signal }: Invocation): Promise<Outcome> {
  await runDaemon(resolve(options.needed("config")), signal);
  return { json: undefined }; // stdout is the log's, one JSON object a line where systemd does not read it
}
