import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { checkRegister } from "../../register/check-register.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { EXIT } from "../errors.ts";
import { registerFolder } from "../register-home.ts";
import { sayViolations } from "../register-words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { terminal, signal } = invocation;
  const progress = terminal.progress("Checking");
  const { size, findings, audit } = await checkRegister(nodeCrypto, registerFolder(invocation), {
    nowSeconds: Math.floor(Date.now() / 1000),
    onProgress: (done, total) => progress.update(done, total),
    signal,
  }).finally(() => progress.end());
  const ok = findings.length === 0;
  if (ok) terminal.say(`Nothing wrong: ${size} entries, every file, rule and signature.`);
  else sayViolations(terminal, findings, findings.length);
  return { json: { ok, size, leaves: audit?.leaves ?? null, findings }, exit: ok ? EXIT.ok : EXIT.notVerified };
}
