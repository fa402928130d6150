#!/usr/bin/env node
import { EXIT } from "./errors.ts";
import { unsupported } from "./platform-check.ts";

const problem = unsupported(process.versions.node, process.arch, process.platform);
if (problem !== null) {
  process.stderr.write(`doorward ${problem}\n`);
  process.exit(EXIT.failed);
}

const stop = new AbortController();
let asked = false;
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.on(name, () => {
    if (asked) process.exit(EXIT.interrupted); // a second Ctrl-C does not wait for an orderly end
    asked = true;
    stop.abort();
  });
}
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.ok); // `doorward … | head` is a fair way to read
  throw error;
});

async function main(): Promise<void> {
  // Only now, since an old Node may not even load it.
  const { runCli } = await import("./program.ts");
  const { stdout, stderr, env: environment } = process;
  let opened: typeof process.stdin | undefined;
  process.exitCode = await runCli(process.argv.slice(2), {
    stdout,
    stderr,
    get stdin() {
      opened = process.stdin; // by whoever reads it: the doorbell does not
      return opened;
    },
    environment,
    signal: stop.signal,
  });
  opened?.destroy(); // an open terminal would keep the process waiting
}

void main(); // not awaited here: the program is also built as CommonJS, which has no await at its top
