import type { BrokerUrl, Login } from "../protocol/link-login.ts";
import { OwnerError } from "./errors.ts";
import type { MqttConnector, MqttPort } from "./owner-ports.ts";

/** Connects to the first of the home's brokers that answers. @throws OwnerError `owner/broker-away`. */
export async function connectHome(
  connect: MqttConnector,
  brokers: readonly BrokerUrl[],
  derived: Login,
): Promise<MqttPort> {
  let cause: unknown;
  for (const { url, login, certificateSha256 } of brokers) {
    try {
      const port = await connect({ url, ...(login ?? derived), certificateSha256 });
      if (port !== null) return port;
    } catch (error) {
      cause ??= error; // the first is the way that the household means
    }
  }
  throw new OwnerError("owner/broker-away", "none of the home's brokers answers", { cause });
}
