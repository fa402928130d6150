import { resolve } from "node:path";
import { askDaemon, refusal } from "../control-client.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { deviceConfig } from "../device-config.ts";
import { CliError } from "../errors.ts";
import { writePrivateFile } from "../private-dir.ts";
import { qrForTerminal } from "../qr.ts";
import { qrImage } from "../qr-image.ts";
import { duration } from "../words.ts";

export async function run({ options, terminal, environment, signal }: Invocation): Promise<Outcome> {
  const answer = await askDaemon(await deviceConfig(options), { op: "pair" }, signal);
  const { text, closesAfterMs } = answer;
  if (answer.ok !== true || typeof text !== "string" || typeof closesAfterMs !== "number") {
    throw new CliError("cli/daemon-refused", `the doorbell opens no pairing window: ${refusal(answer)}`, {
      hint: "If it has an owner, further members join only through that owner: `doorward owner household invite`.",
    });
  }
  const image = options.text("image");
  if (image !== undefined) await writePrivateFile(resolve(image), qrImage(text));
  terminal.say(qrForTerminal(text, terminal.colours(environment)));
  terminal.say();
  terminal.say("Scan this with your phone, or pass this text to `doorward owner pair`:");
  terminal.say();
  terminal.say(text);
  terminal.say();
  terminal.say(`The window closes in ${duration(closesAfterMs)}. Whoever reads this text in time owns the doorbell.`);
  return { json: { ok: true, text, seconds: Math.round(closesAfterMs / 1000) } };
}
