import { CliError } from "./errors.ts";

/** @throws CliError `cli/usage` for anything but an MQTT address. */
export function parseBrokerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !(url.protocol === "mqtt:" || url.protocol === "mqtts:") || url.hostname === "") {
    throw new CliError("cli/usage", `"${text}" is no broker address`, {
      hint: "Write mqtt://host:1883, or mqtts://host:8883 for an encrypted one.",
    });
  }
  return url;
}
