import { readFileIfThere, writeFileDurably } from "./platform/durable-file.ts";

const ON = new TextEncoder().encode("on\n");
const OFF = new TextEncoder().encode("off\n");

/** Whether privacy mode is on, kept over a power cut: a camera that was told to be off stays off. */
export class PrivacySwitch {
  readonly #path: string;
  #on = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** Anything but a plain "off" counts as on: a damaged file must not start a camera. */
  async load(): Promise<void> {
    const stored = await readFileIfThere(this.#path);
    this.#on = stored !== undefined && new TextDecoder().decode(stored).trim() !== "off";
  }

  get on(): boolean {
    return this.#on;
  }

  /** Settles once it would survive a power cut. */
  async set(on: boolean): Promise<void> {
    await writeFileDurably(this.#path, on ? ON : OFF);
    this.#on = on;
  }
}
