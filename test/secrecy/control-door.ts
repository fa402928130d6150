import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { configFrom } from "../../src/device/config/config.ts";
import { readConfig } from "../../src/device/config/read-config.ts";
import { Filming } from "../../src/device/filming.ts";
import { makeSystemClock } from "../../src/device/platform/clock.ts";
import { silentLog } from "../../src/device/platform/logger.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { NoticeBus } from "../../src/device/platform/notices.ts";
import { Recorder } from "../../src/device/recorder/recorder.ts";
import { Vault } from "../../src/device/vault/vault.ts";
import { fromHex, toHex } from "../../src/protocol/bytes.ts";
import { BOX_OVERHEAD_BYTES, type Crypto } from "../../src/protocol/crypto.ts";

export const CONTROL_DOOR_FLAG = "--control-door";

export interface ControlDoorOrder {
  readonly dir: string;
  readonly film: string;
  /** The member's key of the day, in hex. */
  readonly member: string;
  readonly day: number;
}

/** A door that does wrong on purpose what the real one must not do: its seals are open, and it keeps every secret. */
export class ControlDoor {
  readonly pid: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.pid = child.pid ?? 0;
  }

  /** Settles when it has recorded a clip. @returns The clip's id in hex beside it. */
  static async record(order: ControlDoorOrder): Promise<{ door: ControlDoor; clip: string }> {
    const child = fork(process.argv[1] ?? "", [CONTROL_DOOR_FLAG, JSON.stringify(order)], { stdio: "inherit" });
    const message = once(child, "message") as Promise<[string]>;
    const exit = once(child, "exit").then(() => Promise.reject(new Error("the control door ended early")));
    exit.catch(() => {});
    const [clip] = await Promise.race([message, exit]);
    return { door: new ControlDoor(child), clip };
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }
}

const kept: Uint8Array[] = [];

/** Seals nothing, and forgets no key. */
const carelessCrypto: Crypto = {
  ...nodeCrypto,
  randomBytes(length) {
    const bytes = nodeCrypto.randomBytes(length);
    kept.push(Uint8Array.from(bytes));
    return bytes;
  },
  hmac(key, ...parts) {
    const mac = nodeCrypto.hmac(key, ...parts);
    kept.push(Uint8Array.from(mac));
    return mac;
  },
  secretbox(plain) {
    const open = new Uint8Array(plain.length + BOX_OVERHEAD_BYTES);
    open.set(plain);
    return open;
  },
};

/** The other end of {@link ControlDoor.record}: recorder, filming and vault of the product over careless cryptography. */
export async function beControlDoor({ dir, film, member, day }: ControlDoorOrder): Promise<void> {
  process.once("disconnect", () => process.exit(1));
  const config = configFrom(
    readConfig(`
[device]
data_dir = "${dir}"
clock = "trusted"
[camera]
source = "file"
file = "${film}"
[recording]
pre_roll = "1s"
post_roll = "1s"
`).values,
    dir,
  );
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const clock = makeSystemClock(config.clock);
  const notices = new NoticeBus(silentLog);
  const ports = { crypto: carelessCrypto, clock, log: silentLog, notices };
  const vault = new Vault(
    { dir: join(dir, "vault"), ...config.storage },
    { ...ports, deviceSigningSeed: nodeCrypto.randomBytes(32) },
  );
  await vault.start();
  const recorder = new Recorder(config.recorder, { ...ports, onMotion: () => {} });
  const recipients = async () => [{ day, publicKey: fromHex(member) }];
  const filming = new Filming({ ...ports, recorder, vault, recipients });
  await recorder.start();
  await recorder.ready();
  filming.trigger("ring");
  await filming.settled();
  await recorder.stop();
  const [clip] = vault.list();
  process.send?.(toHex(clip?.id ?? new Uint8Array()));
  setInterval(() => kept.length, 1000); // what it has kept stays reachable until it is killed
}
