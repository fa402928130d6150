import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { nodeCrypto as crypto } from "../../../src/device/platform/node-crypto.ts";
import { signStatement } from "../../../src/protocol/envelope.ts";
import { readLeaf } from "../../../src/protocol/register/leaf.ts";
import { accreditationStatement } from "../../../src/protocol/register/statements/accreditation.ts";
import { followLog } from "../../../src/protocol/tlog/follow-log.ts";
import { FolderSource } from "../../../src/register/log-folder.ts";
import { Register } from "../../../src/register/register.ts";
import { RegisterFolder, type RegisterSettings } from "../../../src/register/register-folder.ts";
import { FakeClock } from "../../fakes/fake-clock.ts";
import { NOON, REGISTER, SampleRegister } from "../protocol/register/sample-register.ts";

/** A register in a folder of its own, with a clock that a test moves. */
export class RegisterRig {
  readonly dir: string;
  readonly folder: RegisterFolder;
  readonly clock: FakeClock;
  readonly sample = new SampleRegister(crypto);
  #open: Register | null = null;

  private constructor(dir: string) {
    this.dir = dir;
    this.folder = new RegisterFolder(crypto, join(dir, "register"));
    this.clock = new FakeClock(NOON * 1000);
  }

  static async make(settings: Partial<RegisterSettings> = {}): Promise<RegisterRig> {
    const rig = new RegisterRig(await mkdtemp(join(tmpdir(), "doorward-register-")));
    await rig.folder.create({ name: REGISTER, about: "For tests", witnesses: [], quorum: 0, ...settings });
    return rig;
  }

  async open(): Promise<Register> {
    await this.#open?.stop();
    this.#open = await Register.open({ crypto, clock: this.clock, log: silentLog }, this.folder);
    return this.#open;
  }

  /** Signed by this register's own operator: lets an officer of the samples ask. */
  async accreditation(requester = "officer"): Promise<Uint8Array> {
    const payload = {
      register: REGISTER,
      requester: this.sample.signer(requester).publicKey,
      agency: "Town Police",
      voucher: "State police union",
      evidence: "Met at the station",
    };
    return signStatement(crypto, accreditationStatement, payload, await this.folder.operator());
  }

  /** What a follower reads from the published files. */
  async published(): Promise<{ readonly checkpoint: string; readonly kinds: readonly string[] }> {
    const { settings, logKey } = await this.folder.identity();
    const source = new FolderSource(this.folder.publicDir);
    const policy = { origin: settings.name, logKey, witnesses: [], quorum: 0 };
    const { checkpoint, entries } = await followLog(crypto, policy, null, source);
    const kinds: string[] = [];
    for await (const { bytes } of entries) kinds.push(readLeaf(crypto, bytes).entry.kind);
    return { checkpoint: Buffer.from(checkpoint.bytes).toString("utf8"), kinds };
  }

  async remove(): Promise<void> {
    await this.#open?.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}
