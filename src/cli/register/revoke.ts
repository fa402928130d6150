import { accreditationRevocationStatement } from "../../protocol/register/statements/accreditation-revocation.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { publicKeyOf } from "../register-home.ts";
import { operatorOf, submitAsOperator } from "../register-operator.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const requester = publicKeyOf(invocation.args[0] ?? "");
  const operator = await operatorOf(invocation);
  const reason = invocation.options.needed("reason").normalize("NFC");
  const payload = { register: operator.register, requester, reason };
  return submitAsOperator(invocation, accreditationRevocationStatement, payload, operator, "This key may ask no more.");
}
