import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import type { RegisterChoice } from "../../owner/owner-state.ts";
import { addRegister, originOf, policyOf } from "../../owner/requests/registers.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { CliError } from "../errors.ts";
import { OwnerHome } from "../owner-home.ts";
import { readQuorum, witnessWords } from "../quorum.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, terminal } = invocation;
  const key = options.text("key");
  const home = new OwnerHome(invocation);
  await home.signer();
  const registers = key === undefined ? await fromDoorbell(invocation) : [fromFlags(invocation, key)];
  for (const register of registers) policyOf(nodeCrypto, register, 0);
  await home.store.update((state) => registers.reduce(addRegister, state));
  for (const register of registers) terminal.say(`Followed: ${registerText(register)}`);
  return {
    json: { ok: true, registers: registers.map((register) => ({ register: originOf(register), ...register })) },
  };
}

export function registerText(register: RegisterChoice): string {
  const { witnesses, quorum, url } = register;
  const way = url === null ? "by the doorbell's copy" : `from ${url}, compared with the doorbell's copy`;
  return `${originOf(register)}, ${quorum} of ${witnessWords(witnesses.length)}, ${way}`;
}

function fromFlags({ options }: Invocation, logKey: string): RegisterChoice {
  const witnesses = options.texts("witness");
  const quorum = readQuorum(options, witnesses);
  return { logKey, witnesses, quorum, url: readUrl(options.text("url")) };
}

/** The keys come over the sealed link from the doorbell's own configuration, which whoever set it up wrote. */
async function fromDoorbell(invocation: Invocation): Promise<RegisterChoice[]> {
  const url = invocation.options.text("url");
  if (url !== undefined) throw new CliError("cli/usage", "--url goes with --key");
  const known = await withDoorbell(invocation, ({ doorbell }) => doorbell.registers());
  if (known.length === 0) {
    throw new CliError("cli/not-found", "the doorbell copies no register", {
      hint: "Name one in [registers] of its configuration, or add one here with --key and --url.",
    });
  }
  return known.map(({ logKey, witnesses, quorum }) => ({ logKey, witnesses, quorum, url: null }));
}

function readUrl(text: string | undefined): string | null {
  if (text === undefined) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.search !== "" || url.hash !== "") {
    throw new CliError("cli/usage", `"${text}" is no address of a register`, { hint: "Write https://host/path." });
  }
  return text.replace(/\/+$/, "");
}
