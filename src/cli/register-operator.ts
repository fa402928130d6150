import { nodeCrypto } from "../device/platform/node-crypto.ts";
import { type Signer, type StatementKind, signStatement } from "../protocol/envelope.ts";
import { ProtocolError } from "../protocol/errors.ts";
import { RegisterFolder } from "../register/register-folder.ts";
import { type Submitted, submitStatement } from "../register/submit.ts";
import type { Invocation, Outcome } from "./definition.ts";
import { CliError } from "./errors.ts";
import { writeOutputFile } from "./private-dir.ts";

/** What the register's operator signs with, and for which register. */
export interface Operator {
  readonly register: string;
  readonly signer: Signer;
}

export async function operatorOf({ options }: Invocation): Promise<Operator> {
  const dir = options.text("data");
  const name = options.text("name");
  const key = options.text("key");
  if (dir === undefined && (name === undefined || key === undefined)) {
    throw new CliError("cli/usage", "--data is needed, or both --name and --key");
  }
  const folder = new RegisterFolder(nodeCrypto, dir ?? ".");
  const register = name ?? (await folder.settings()).name;
  return { register, signer: await folder.operator(key ?? folder.operatorKeyPath) };
}

/** Signs a statement and hands it in, or writes it where `--out` says. */
export async function submitAsOperator<T>(
  { options, terminal, signal }: Invocation,
  kind: StatementKind<T>,
  payload: T,
  { signer }: Operator,
  done: string,
): Promise<Outcome> {
  const envelope = await signed(kind, payload, signer);
  const out = options.text("out");
  if (out !== undefined) {
    await writeOutputFile(out, envelope);
    terminal.say(`Signed: ${out}. It counts once it was handed in:`);
    terminal.say(`  curl --data-binary @${out} ${options.needed("url")}/statements/${kind.kind}`);
    return { json: { ok: true, file: out } };
  }
  const { index, at }: Submitted = await submitStatement(options.needed("url"), kind.kind, envelope, signal);
  terminal.say(`${done} It is leaf ${index} of the log.`);
  return { json: { ok: true, index, at } };
}

async function signed<T>(kind: StatementKind<T>, payload: T, signer: Signer): Promise<Uint8Array> {
  try {
    return await signStatement(nodeCrypto, kind, payload, signer);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new CliError("cli/usage", `this cannot be said in a statement: ${error.message}`, {
      cause: error,
      hint: "Names have at most 120 characters, reasons and evidence 280, none of them hidden and none empty.",
    });
  }
}
