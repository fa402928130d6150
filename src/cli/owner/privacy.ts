import { isJsonObject } from "../../protocol/shape.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { CliError } from "../errors.ts";

const cameraWords: Readonly<Record<string, string>> = {
  on: "The camera is on.",
  lost: "The camera gives no picture; the doorbell keeps trying.",
  privacy: "Privacy mode is on: no camera, no microphone, nothing recorded. The bell still rings.",
};

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, terminal } = invocation;
  const [state] = args;
  if (state !== "on" && state !== "off" && state !== "status") {
    throw new CliError("cli/usage", `"${state ?? ""}" is not on, off or status`);
  }
  return withDoorbell(invocation, async ({ doorbell }) => {
    if (state !== "status") {
      const { on } = (await doorbell.ask("privacy", { on: state === "on" })).result;
      terminal.say(on ? "Camera and microphone are off, and stay off." : "The camera starts again.");
      return { json: { ok: true, privacy: on } };
    }
    const { result } = await doorbell.ask("status", {});
    const camera = isJsonObject(result) && typeof result.camera === "string" ? result.camera : "unknown";
    const privacy = isJsonObject(result) && result.privacy === true;
    terminal.say(cameraWords[camera] ?? "The doorbell does not say.");
    return { json: { ok: true, privacy, camera } };
  });
}
