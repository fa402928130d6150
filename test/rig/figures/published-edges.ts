import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { gpiodMajorIn, monitorArguments } from "../../../src/device/sensor/gpiod-flags.ts";
import { headerChipIn } from "../../../src/device/sensor/header-chip.ts";
import { PINS, type PinName } from "../harness.ts";
import { quoted } from "../shell.ts";
import type { Ssh } from "../ssh.ts";

/** What anybody would write to hear of a pin by MQTT: `gpiomon | mosquitto_pub -l`. */
export class PublishedEdges {
  readonly topic = "rig/edge";
  readonly #child: ChildProcess;

  private constructor(ssh: Ssh, gpiomon: string) {
    // It ends with the channel's input: a program without a terminal would go on.
    this.#child = ssh.open(
      `{ ${gpiomon} & cat >/dev/null; kill $!; } | mosquitto_pub -h 127.0.0.1 -t ${this.topic} -l`,
    );
    this.#child.stdout?.resume();
    this.#child.stderr?.resume();
  }

  /** Settles when it has had the time to open the pin and to connect. */
  static async of(ssh: Ssh, pin: PinName): Promise<PublishedEdges> {
    const major = gpiodMajorIn(await ssh.run("gpiomon --version"));
    const chip = headerChipIn(await ssh.run("gpiodetect"));
    const line = { chip, pin: { bcm: PINS[pin], activeLow: false }, pull: "as-is" } as const;
    const edges = new PublishedEdges(ssh, ["gpiomon", ...monitorArguments(major, line).map(quoted)].join(" "));
    await sleep(5000);
    return edges;
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, "close");
    this.#child.stdin?.end();
    await gone;
  }
}
