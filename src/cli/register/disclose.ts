import { discloseRegister, Identifier } from "../../register/disclose-register.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { CliError } from "../errors.ts";
import { registerFolder } from "../register-home.ts";
import { foreignText } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const folder = registerFolder(invocation);
  await folder.settings();
  const found = await discloseRegister(folder.dir, identifiersOf(invocation.options.texts("of")));
  for (const { where, what, value } of found) invocation.terminal.say(`${where}\t${what}\t${foreignText(value)}`);
  return { json: { ok: true, found } };
}

export function identifiersOf(texts: readonly string[]): Identifier[] {
  return texts.map((text) => {
    try {
      return new Identifier(text);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new CliError("cli/usage", cause.message, { cause });
    }
  });
}
