import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { CliError } from "../errors.ts";

const cameraWords = {
  on: "The camera is on.",
  lost: "The camera gives no picture; the doorbell keeps trying.",
  privacy: "Privacy mode is on: no camera, no microphone, nothing recorded. The bell still rings.",
} as const;

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
    const { camera, privacy } = (await doorbell.ask("status", {})).result;
    terminal.say(cameraWords[camera]);
    return { json: { ok: true, privacy, camera } };
  });
}
