import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logger.ts";
import type { NoticeBus } from "../platform/notices.ts";
import { Button } from "./button.ts";
import { Chime } from "./chime.ts";
import type { GpioDriver } from "./gpio-driver.ts";
import { Lights } from "./lights.ts";
import { PairingButton } from "./pairing-button.ts";
import { PatientOutput } from "./patient-output.ts";
import { Pir } from "./pir.ts";
import type { ChimeConfig, OutputName, SensorConfig } from "./sensor-config.ts";
import { ProgramPlayer, type SoundPlayer } from "./sound-player.ts";

export interface SensorPorts {
  readonly driver: GpioDriver;
  readonly clock: Clock;
  readonly bus: NoticeBus;
  readonly log: Log;
  readonly player?: SoundPlayer;
  /** Keeps what lets the relay go, for whoever cleans up after this process was killed while it pulled. */
  readonly keepLetGo?: (words: string) => Promise<void>;
}

/** All that is wired to the header. A press chimes before anybody else hears of it. */
export class Sensors {
  readonly #config: SensorConfig;
  readonly #ports: SensorPorts;
  readonly #running: { stop(): void }[] = [];
  #lights: Lights | undefined;
  #chime: Chime | undefined;
  readonly #refused = new Set<OutputName>();

  constructor(config: SensorConfig, ports: SensorPorts) {
    this.#config = config;
    this.#ports = ports;
  }

  /**
   * An output that is refused is done without, but not the lamps by which a visitor sees that camera or microphone are in use.
   * @throws SensorError when the pins are not there.
   */
  async start(signal: AbortSignal): Promise<void> {
    const { driver, clock } = this.#ports;
    await driver.start(signal);
    // Outputs first: opening them turns off a relay that a killed daemon left pulling.
    this.#chime = new Chime(this.#config.chime, {
      clock,
      log: this.#ports.log,
      relay: await this.#output("chime"),
      player: this.#ports.player ?? new ProgramPlayer(this.#ports),
    });
    const letGo = driver.letGo("chime");
    if (letGo !== null) await this.#ports.keepLetGo?.(letGo);
    this.#lights = new Lights(this.#config.leds, clock, {
      status: await this.#output("statusLed"),
      recording: await driver.output("recordingLed"),
      button: await this.#output("buttonLed"),
      talk: await driver.output("talkLed"),
    });
    this.#running.push(this.#chime, this.#lights);
    this.#lights.start();
    this.#lights.set("pin-refused", this.#refused.size > 0);
    await this.#openBell(this.#chime, this.#lights);
    await this.#openPairingButton(this.#lights);
    await this.#openPir();
  }

  async stop(): Promise<void> {
    for (const part of this.#running.splice(0).toReversed()) part.stop();
    await this.#ports.driver.stop();
  }

  /** Once started. */
  get lights(): Lights | undefined {
    return this.#lights;
  }

  /** Outputs that something else holds, or that this user may not have. */
  get refusedOutputs(): readonly OutputName[] {
    return [...this.#refused];
  }

  configureChime(config: ChimeConfig): void {
    this.#chime?.configure(config);
  }

  async #output(name: OutputName): Promise<PatientOutput | null> {
    const { driver, clock, log } = this.#ports;
    const onRefused = (refused: OutputName, isRefused: boolean): void => {
      if (isRefused) this.#refused.add(refused);
      else this.#refused.delete(refused);
      this.#lights?.set("pin-refused", this.#refused.size > 0);
    };
    const output = await PatientOutput.open(name, { driver, clock, log, onRefused });
    if (output !== null) this.#running.push(output);
    return output;
  }

  async #openBell(chime: Chime, lights: Lights): Promise<void> {
    const { driver, clock, bus, log } = this.#ports;
    const pin = await driver.input("bell");
    if (pin === null) return;
    const bell = new Button(this.#config.bell, clock, pin, {
      touched: () => bus.emit("bellTouched", { forMs: this.#config.bell.glitchFilterMs }),
      pressed: () => {
        chime.ring();
        lights.pressed(true);
        bus.emit("ringPressed", { atMs: clock.nowMs() });
      },
      released: () => {
        lights.pressed(false);
        lights.set("button-stuck", false);
        bus.emit("ringReleased", { atMs: clock.nowMs() });
      },
      stuck: (heldMs) => {
        log.warn("bell button is stuck", { heldMs });
        lights.set("button-stuck", true);
        bus.emit("buttonStuck", { button: "ring", heldMs });
      },
    });
    this.#running.push(bell);
  }

  async #openPairingButton(lights: Lights): Promise<void> {
    const { driver, clock, bus, log } = this.#ports;
    const pin = await driver.input("pairing");
    if (pin === null) return;
    const button = new PairingButton(this.#config.pairing, clock, pin, {
      pairingRequested: () => bus.emit("pairingRequested", {}),
      resetNear: (near) => lights.set("reset-near", near),
      factoryResetRequested: () => {
        lights.set("factory-reset", true);
        bus.emit("factoryResetRequested", {});
      },
      stuck: (heldMs) => {
        log.warn("pairing button is stuck", { heldMs });
        bus.emit("buttonStuck", { button: "pairing", heldMs });
      },
    });
    this.#running.push(button);
  }

  async #openPir(): Promise<void> {
    const { driver, clock, bus } = this.#ports;
    const pin = await driver.input("motion");
    if (pin === null) return;
    const pir = new Pir(this.#config.bell, clock, pin, () =>
      bus.emit("motionStarted", { atMs: clock.nowMs(), source: "pir" }),
    );
    this.#running.push(pir);
  }
}
