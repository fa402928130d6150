import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Crypto } from "../protocol/crypto.ts";
import type { DoorwardConfig } from "./config/config.ts";
import type { Reload } from "./config/reload-config.ts";
import { serveControl } from "./control.ts";
import { loadDeviceKeys } from "./device-keys.ts";
import { DoorWatch } from "./door-watch.ts";
import type { Health } from "./health.ts";
import { type Clock, makeSystemClock } from "./platform/clock.ts";
import { codeOf } from "./platform/error-code.ts";
import type { Log } from "./platform/logger.ts";
import { nodeCrypto } from "./platform/node-crypto.ts";
import { NoticeBus } from "./platform/notices.ts";
import { RETRY_MS, RetriedPart, type Startable } from "./retried-part.ts";
import { ControlSocket } from "./sensor/control-socket.ts";
import { SensorError } from "./sensor/errors.ts";
import type { GpioDriver } from "./sensor/gpio-driver.ts";
import { makeDriver } from "./sensor/make-driver.ts";
import { Sensors } from "./sensor/sensors.ts";
import { type StartFailure, startFailure } from "./start-failure.ts";

const CONTROL_SOCKET = "control.sock";
const LET_GO = "let-go";
/** By then the door is watched. */
const ASK_CLOCK_AFTER_MS = 5000;
const CAMERA_LOST = "the bell works, the camera gives no picture";

export interface DevicePorts {
  readonly clock?: Clock;
  /** Where every random byte of the daemon comes from. */
  readonly crypto?: Crypto;
  readonly driver?: GpioDriver;
  /** Told in a few words how the doorbell is, whenever that changes. */
  readonly onStatus?: (status: string) => void;
}

/**
 * The doorbell. The bell comes first and stays, whatever becomes of the card: docs/design/failure.md says what happens
 * when which part fails.
 */
export class Device {
  #config: DoorwardConfig;
  readonly #log: Log;
  readonly #ports: DevicePorts;
  readonly #clock: Clock;
  readonly #bus: NoticeBus;
  readonly #stops: (() => Promise<void>)[] = [];
  #bell: Sensors | null = null;
  #watch: RetriedPart<DoorWatch> | null = null;
  #failure: StartFailure | null = null;
  #cameraLost: string | null = null;
  #isMicrophoneLost = false;
  /** Nothing is said before the first attempt of everything. */
  #status = "";
  /** Asked for at the button, and still to be done. */
  #resetAsked = false;

  constructor(config: DoorwardConfig, log: Log, ports: DevicePorts = {}) {
    this.#config = config;
    this.#log = log;
    this.#ports = ports;
    this.#clock = ports.clock ?? makeSystemClock({ ...config.clock, askAfterMs: ASK_CLOCK_AFTER_MS });
    this.#bus = new NoticeBus(log);
  }

  get notices(): NoticeBus {
    return this.#bus;
  }

  get clock(): Clock {
    return this.#clock;
  }

  /**
   * Settles when the bell rings and all else has been tried once; what did not start then is tried again every minute.
   * @throws When there is no bell to keep up: no device key, no pins, or another daemon that serves them.
   */
  async start(signal: AbortSignal): Promise<void> {
    try {
      await this.#start(signal);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).toReversed()) {
      try {
        await stop();
      } catch (error) {
        this.#log.error("part did not stop cleanly", { error: codeOf(error) });
      }
    }
  }

  /** Whether the watchdog should be content; a doorbell of which only the bell works is alive, it is tried again anyway. */
  isAlive(): boolean {
    return this.#watch?.part?.isAlive() ?? true;
  }

  /** Takes over the settings that may change while the daemon runs. */
  reloaded(reload: Extract<Reload, { outcome: "changed" }>): void {
    this.#config = reload.config;
    this.#bell?.configureChime(reload.config.sensor.chime);
    if (this.#watch?.part) this.#watch.part.reloaded(reload);
    else this.#watch?.retryNow();
  }

  async #start(signal: AbortSignal): Promise<void> {
    const { crypto = nodeCrypto } = this.#ports;
    const base = { crypto, clock: this.#clock, log: this.#log, bus: this.#bus };
    const keys = await loadDeviceKeys(this.#config.dataDir);
    const driver = this.#ports.driver ?? makeDriver(this.#config.sensor, base);
    const keepLetGo = (words: string): Promise<void> => this.#keepLetGo(words);
    const bell = new Sensors(this.#config.sensor, { ...base, driver, keepLetGo });
    await this.#started(bell, signal);
    this.#bell = bell;
    const watch = new RetriedPart<DoorWatch>({
      ...base,
      make: () =>
        new DoorWatch(this.#config, {
          ...base,
          keys,
          lights: bell.lights,
          resetFirst: this.#resetAsked,
          configureChime: (chime) => bell.configureChime(chime),
        }),
      onUp: (part) => {
        this.#allWorks();
        part.openToPhones();
      },
      onFailed: (error) => this.#bellOnly(error),
    });
    this.#watch = watch;
    this.#bus.on("cameraLost", ({ reason }) => this.#cameraIsLost(reason));
    this.#bus.on("cameraBack", () => this.#cameraIsLost(null));
    this.#bus.on("microphoneLost", () => {
      this.#isMicrophoneLost = true;
    });
    this.#bus.on("microphoneBack", () => {
      this.#isMicrophoneLost = false;
    });
    this.#bus.on("factoryResetRequested", () => this.#factoryReset(watch));
    const control = new ControlSocket(join(this.#config.dataDir, CONTROL_SOCKET), this.#log);
    const refusedOutputs = (): readonly string[] => bell.refusedOutputs;
    const health = (): Health => this.#health;
    serveControl(control, driver, () => this.#partOf(watch), health, refusedOutputs);
    await this.#startControl(control, signal);
    await this.#started(watch, signal);
  }

  /** Read by the unit's ExecStopPost; in memory, and gone with the unit. */
  async #keepLetGo(words: string): Promise<void> {
    const { runtimeDir } = this.#config;
    try {
      await mkdir(runtimeDir, { recursive: true, mode: 0o700 });
      await writeFile(join(runtimeDir, LET_GO), `${words}\n`, { mode: 0o600 });
    } catch (error) {
      this.#log.warn("nothing lets the relay go should the daemon be killed", { code: codeOf(error) });
    }
  }

  /** On a card that takes no writes there is no socket, and still a bell. */
  async #startControl(control: ControlSocket, signal: AbortSignal): Promise<void> {
    try {
      await this.#started(control, signal);
    } catch (error) {
      if (error instanceof SensorError) throw error;
      const { code, todo } = startFailure(error);
      this.#log.error("no control socket", { code, todo });
    }
  }

  #allWorks(): void {
    this.#failure = null;
    this.#bell?.lights?.set("bell-only", false);
    if (this.#resetAsked) this.#resetDone();
    this.#log.info("ready");
    this.#tellStatus();
  }

  #bellOnly(error: unknown): void {
    const failure = startFailure(error);
    const isNews = this.#failure?.code !== failure.code;
    this.#failure = failure;
    const { code, todo } = failure;
    this.#bell?.lights?.set("bell-only", true);
    // One line for each cause, however often it is tried.
    if (isNews) this.#log.error("only the bell works", { code, todo, retryMs: RETRY_MS });
    else this.#log.debug("still only the bell works", { code });
    this.#cameraLost = null; // the next watch tells anew
    this.#isMicrophoneLost = false;
    this.#tellStatus();
  }

  get #health(): Health {
    return { failure: this.#failure, cameraLost: this.#cameraLost, microphoneLost: this.#isMicrophoneLost };
  }

  #cameraIsLost(reason: string | null): void {
    this.#cameraLost = reason;
    if (this.#status !== "") this.#tellStatus();
  }

  #tellStatus(): void {
    const watching = this.#cameraLost !== null ? CAMERA_LOST : "watching the door";
    const status = this.#failure === null ? watching : `only the bell works: ${this.#failure.code}`;
    if (status === this.#status) return;
    this.#status = status;
    this.#ports.onStatus?.(status);
  }

  /** @throws When nothing but the bell works; says why. */
  #partOf(watch: RetriedPart<DoorWatch>): DoorWatch {
    if (watch.part !== null) return watch.part;
    const why = this.#failure === null ? "" : `: ${this.#failure.message}. ${this.#failure.todo}`;
    throw new Error(`only the bell works${why}`);
  }

  async #factoryReset(watch: RetriedPart<DoorWatch>): Promise<void> {
    this.#resetAsked = true;
    if (watch.part === null) {
      watch.retryNow();
      return;
    }
    await watch.part.link.factoryReset();
    this.#resetDone();
  }

  #resetDone(): void {
    this.#resetAsked = false;
    this.#bell?.lights?.set("factory-reset", false);
    this.#log.warn("factory reset");
  }

  async #started(part: Startable, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#stops.push(() => part.stop());
    await part.start(signal);
  }
}
