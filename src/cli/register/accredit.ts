import { accreditationStatement } from "../../protocol/register/statements/accreditation.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { publicKeyOf } from "../register-home.ts";
import { operatorOf, submitAsOperator } from "../register-operator.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, options } = invocation;
  const requester = publicKeyOf(args[0] ?? "");
  const operator = await operatorOf(invocation);
  const agency = options.needed("agency").normalize("NFC");
  const voucher = options.needed("voucher").normalize("NFC");
  const evidence = options.needed("evidence").normalize("NFC");
  const payload = { register: operator.register, requester, agency, voucher, evidence };
  return submitAsOperator(invocation, accreditationStatement, payload, operator, `${agency} may ask.`);
}
