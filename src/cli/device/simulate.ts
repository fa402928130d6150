import { askDaemon, refusal } from "../control-client.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { deviceConfig } from "../device-config.ts";
import { CliError } from "../errors.ts";

const LONGEST_MS = 600_000;

export async function run({ args, options, terminal, signal }: Invocation): Promise<Outcome> {
  const [what] = args;
  const ms = options.integer("ms", { min: 1, max: LONGEST_MS });
  const request = requestFor(what, ms, options.needed("pin"));
  const answer = await askDaemon(await deviceConfig(options), request, signal);
  if (answer.ok !== true) {
    throw new CliError("cli/daemon-refused", `the daemon does not do that: ${refusal(answer)}`, {
      hint: 'Only the simulated driver can be pressed from here: set `driver = "simulated"` in the [gpio] part of its configuration.',
    });
  }
  terminal.say(done[request.op]);
  return { json: { ok: true, ...request } };
}

const done = {
  ring: "Rang the bell.",
  motion: "Moved before the door.",
  hold: "Held the button and let it go.",
} as const;

type Request = { readonly op: keyof typeof done; readonly ms?: number; readonly pin?: string };

function requestFor(what: string | undefined, ms: number | undefined, pin: string): Request {
  const lasting = ms === undefined ? {} : { ms };
  switch (what) {
    case "ring":
    case "motion":
      return { op: what, ...lasting };
    case "hold":
      return { op: what, pin, ...lasting };
    default:
      throw new CliError("cli/usage", `"${what ?? ""}" is nothing to simulate`, { hint: "Say ring, motion or hold." });
  }
}
