import { fromHex, toHex } from "../../protocol/bytes.ts";
import { chooseByHex } from "../clip-choice.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { revoke } from "../revoking.ts";

const WHOLE_TOKEN = /^[0-9a-f]{32}$/;

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, terminal } = invocation;
  return withDoorbell(invocation, async (session) => {
    const text = args[0] ?? "";
    const shares = await session.doorbell.shares();
    // A whole token is forbidden also before the doorbell has seen it.
    const token = WHOLE_TOKEN.test(text)
      ? fromHex(text)
      : chooseByHex(shares, (share) => share.token, text, "share").token;
    const known = shares.find((share) => toHex(share.token) === toHex(token));
    await revoke(session, token);
    terminal.say(
      known?.state === "delivered"
        ? "All of it has been delivered already: there is nothing left to revoke, and no software can call it back."
        : "Revoked. What has not arrived yet never will.",
    );
    return { json: { ok: true, token: toHex(token), was: known?.state ?? null } };
  });
}
