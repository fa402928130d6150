import { writeFileSync } from "node:fs";
import { connect as connectSocket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { linkPorts } from "../../src/cli/doorbell-session.ts";
import { Options } from "../../src/cli/options.ts";
import { OwnerHome } from "../../src/cli/owner-home.ts";
import { loadConfig } from "../../src/device/config/load-config.ts";
import { Device } from "../../src/device/device.ts";
import { silentLog } from "../../src/device/platform/logger.ts";
import { LinkClient } from "../../src/owner/link-client.ts";
import { runToEnd } from "./child.ts";
import { DOORWARD } from "./doorbell-peer.ts";
import { startMosquitto } from "./mosquitto.ts";

const LOST_AFTER_MS = 5000;

/** One thing at a time: gives the moment at which the next of it arrives. */
export class Arrival {
  #resolve: ((atMs: number) => void) | null = null;

  arrived(): void {
    this.#resolve?.(performance.now());
    this.#resolve = null;
  }

  next(what: string): Promise<number> {
    const arrived = new Promise<number>((resolve) => {
      this.#resolve = resolve;
    });
    const lost = sleep(LOST_AFTER_MS, undefined, { ref: false }).then(() => {
      throw new Error(`${what} did not arrive within ${LOST_AFTER_MS / 1000} s`);
    });
    return Promise.race([arrived, lost]);
  }
}

/** The whole doorbell and its owner in this process, so that one clock sees both ends; a Mosquitto between them. */
export interface DoorbellInProcess {
  readonly broker: string;
  readonly owner: LinkClient;
  /** Presses the simulated button; answers nothing. */
  ring(pressMs: number): void;
  stop(): Promise<void>;
}

/**
 * @param film - What its camera shows.
 * @param settings - Further sections of its configuration, as TOML.
 * @param listen - Called before it starts, so that its listeners are the first.
 */
export async function startInProcess(
  workDir: string,
  film: string,
  settings: string,
  listen: (notices: Device["notices"]) => void,
): Promise<DoorbellInProcess> {
  const broker = await startMosquitto(join(workDir, "broker"));
  const data = join(workDir, "d");
  const configFile = join(workDir, "doorward.toml");
  writeFileSync(configFile, configText(data, film, broker) + settings);
  await runToEnd("node", [DOORWARD, "init", "--config", configFile, "--data", data]);
  const stopping = new AbortController();
  const device = new Device(await loadConfig(configFile), silentLog);
  listen(device.notices);
  await device.start(stopping.signal);
  const owner = await pairOwner(configFile, join(workDir, "owner"));
  const control = connectSocket(join(data, "control.sock"));
  control.resume();
  return {
    ...{ broker, owner },
    ring: (ms) => void control.write(`${JSON.stringify({ op: "ring", ms })}\n`),
    async stop() {
      control.destroy();
      await owner.close();
      stopping.abort();
      await device.stop();
    },
  };
}

function configText(data: string, film: string, broker: string): string {
  return `
[device]
data_dir = "${data}"
clock = "trusted"
[camera]
source = "file"
file = "${film}"
[sound]
source = "off"
[motion]
mode = "off"
[broker]
url = "${broker}"
`;
}

async function pairOwner(configFile: string, home: string): Promise<LinkClient> {
  await runToEnd("node", [DOORWARD, "owner", "init", "--home", home]);
  const window: unknown = JSON.parse(await runToEnd("node", [DOORWARD, "pair", "--json", "--config", configFile]));
  await runToEnd("node", [DOORWARD, "owner", "pair", (window as { text: string }).text, "--home", home]);
  const ownerHome = new OwnerHome({ options: new Options({ home }), environment: {} });
  return LinkClient.open(linkPorts(ownerHome, new AbortController().signal));
}
