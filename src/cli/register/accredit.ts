import { toHex } from "../../protocol/bytes.ts";
import { accreditationStatement } from "../../protocol/register/statements/accreditation.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { CliError } from "../errors.ts";
import { publicKeyOf } from "../register-home.ts";
import { operatorOf, submitAsOperator } from "../register-operator.ts";
import { isFileName, type RequesterFile, readRequesterFile } from "../requester-file.ts";
import { fields } from "../table.ts";
import { fingerprint, foreignText } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, options, terminal } = invocation;
  const [named = ""] = args;
  const file = isFileName(named) ? await readRequesterFile(named) : null;
  const requester = file?.requester ?? publicKeyOf(named);
  const operator = await operatorOf(invocation);
  const agency = agencyOf(options.text("agency")?.normalize("NFC"), file);
  if (file !== null && file.register !== operator.register) {
    throw new CliError("cli/usage", `the file is for the register ${foreignText(file.register)}`, {
      hint: `This one is ${operator.register}: the requester has to run \`requester accredit\` for it.`,
    });
  }
  const voucher = options.needed("voucher").normalize("NFC");
  const evidence = options.needed("evidence").normalize("NFC");
  const key = toHex(requester);
  if (file !== null) {
    terminal.note(
      fields([
        ["agency", foreignText(agency)],
        ["officer", foreignText(file.officer)],
        ["requester", key],
        ["fingerprint", fingerprint(key)],
      ]),
    );
  }
  const payload = { register: operator.register, requester, agency, voucher, evidence };
  return submitAsOperator(invocation, accreditationStatement, payload, operator, `${agency} may ask.`);
}

/** What the operator says counts; a file that says another agency is not passed over. */
function agencyOf(said: string | undefined, file: RequesterFile | null): string {
  if (said === undefined) {
    if (file !== null) return file.agency;
    throw new CliError("cli/usage", "--agency is needed with a key");
  }
  if (file === null || file.agency === said) return said;
  throw new CliError("cli/usage", `the file says the agency ${JSON.stringify(file.agency)}`, {
    hint: "Every request repeats the agency exactly: let the requester correct it, or leave --agency out.",
  });
}
