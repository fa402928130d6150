import { OwnerError } from "../../owner/errors.ts";
import { pairWithCode } from "../../owner/pair.ts";
import { toHex } from "../../protocol/bytes.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { linkPorts, withDoorbell, withReason } from "../doorbell-session.ts";
import { CliError } from "../errors.ts";
import { OwnerHome } from "../owner-home.ts";
import { fields } from "../table.ts";
import { fingerprint } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, terminal, signal } = invocation;
  const home = new OwnerHome(invocation);
  const { publicKey } = await home.signer();
  if ((await home.store.read()).device !== null) {
    throw new CliError("cli/already-paired", `${home.dir} is paired with a doorbell already`);
  }
  const progress = terminal.progress("Pairing");
  const pairing = pairWithCode(linkPorts(home, signal), publicKey, (args[0] ?? "").trim());
  const { deviceKey, role } = await pairing.catch(explainPairing).finally(() => progress.end());
  if (role === "owner") await withDoorbell(invocation, async () => undefined); // leaves keys for the days to come
  terminal.say(role === "owner" ? "Paired: you own this doorbell." : "Paired. An owner has to let you in now.");
  terminal.say();
  terminal.say(
    fields([
      ["doorbell", fingerprint(toHex(deviceKey))],
      ["you", fingerprint(toHex(publicKey))],
    ]),
  );
  terminal.say();
  terminal.say(
    role === "owner"
      ? "Compare the doorbell's key with the one that `doorward init` printed, if you like. Next: `doorward owner clips`."
      : "Tell the owner beside you the second line; the command `household invite` asks for it there.",
  );
  return { json: { ok: true, doorbell: toHex(deviceKey), member: toHex(publicKey), role } };
}

function explainPairing(error: unknown): never {
  if (error instanceof ProtocolError && error.code === "pairing/qr") {
    throw new CliError("cli/usage", "this is not the text that `doorward pair` shows", {
      cause: error,
      hint: 'It begins with "doorward:". Put it in quotes, whole and in one line.',
    });
  }
  if (error instanceof ProtocolError) {
    throw new CliError("cli/pairing-failed", `what answers is not the doorbell of this code: ${error.message}`, {
      cause: error,
    });
  }
  if (error instanceof OwnerError && (error.code === "owner/no-answer" || error.code === "owner/pairing-refused")) {
    throw new CliError("cli/pairing-failed", error.message, { cause: error });
  }
  if (error instanceof OwnerError && error.cause instanceof CliError) {
    // Outside its window a doorbell's broker does not let the code's login in.
    throw new CliError("cli/pairing-failed", error.cause.message, { cause: error });
  }
  return withReason(error);
}
