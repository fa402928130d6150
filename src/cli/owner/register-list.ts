import { originOf } from "../../owner/requests/registers.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { OwnerHome } from "../owner-home.ts";
import { registerText } from "./register-add.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { registers = [] } = await new OwnerHome(invocation).store.read();
  if (registers.length === 0) invocation.terminal.say("No register is followed.");
  for (const register of registers) invocation.terminal.say(registerText(register));
  return { json: registers.map((register) => ({ register: originOf(register), ...register })) };
}
