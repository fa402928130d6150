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
  const { text, link, closesAfterMs } = answer;
  if (answer.ok !== true || typeof text !== "string" || typeof closesAfterMs !== "number") {
    throw new CliError("cli/daemon-refused", `the doorbell opens no pairing window: ${refusal(answer)}`, {
      hint: "If it has an owner, further members join only through that owner: `doorward owner household invite`.",
    });
  }
  const address = typeof link === "string" ? link : null;
  const image = options.text("image");
  if (image !== undefined) await writePrivateFile(resolve(image), qrImage(address ?? text));
  terminal.say(qrForTerminal(address ?? text, terminal.colours(environment)));
  terminal.say();
  if (address === null) terminal.say("Scan this with the app, or pass this text to `doorward owner pair`:");
  else {
    terminal.say("Scan this with your phone's camera, or open this address there:");
    terminal.say();
    terminal.say(address);
    terminal.say();
    terminal.say("Or, on a computer, pass this text to `doorward owner pair`:");
  }
  terminal.say();
  terminal.say(text);
  terminal.say();
  terminal.say(`The window closes in ${duration(closesAfterMs)}. Whoever reads this text in time owns the doorbell.`);
  return { json: { ok: true, text, link: address, seconds: Math.round(closesAfterMs / 1000) } };
}
