import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { InboxFileStorage } from "../../src/cli/inbox-storage.ts";
import { WitnessHome } from "../../src/cli/witness-home.ts";
import { type Log, silentLog } from "../../src/device/platform/logger.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { type RunningMailbox, startMailbox } from "../../src/mailbox/mailbox.ts";
import type { Crypto } from "../../src/protocol/crypto.ts";
import { type Signer, seedSigner, signStatement } from "../../src/protocol/envelope.ts";
import {
  decodeRegisterMemory,
  encodeRegisterMemory,
  type FollowedRegister,
  type RegisterMemory,
} from "../../src/protocol/register/follow-register.ts";
import type { EntryKind } from "../../src/protocol/register/leaf.ts";
import { accreditationStatement } from "../../src/protocol/register/statements/accreditation.ts";
import { type LogPolicy, parseLogPolicy } from "../../src/protocol/tlog/checkpoint.ts";
import { encodeVerifierKey } from "../../src/protocol/tlog/note.ts";
import { CHECKPOINT_PATH } from "../../src/protocol/tlog/tiles.ts";
import { type RecipientSecrets, signCard } from "../../src/recipient/card.ts";
import { Inbox } from "../../src/recipient/inbox.ts";
import { HttpSource } from "../../src/register/http-source.ts";
import { Register } from "../../src/register/register.ts";
import { RegisterFolder } from "../../src/register/register-folder.ts";
import { type RunningRegister, serveRegister } from "../../src/register/register-server.ts";
import { submitStatement } from "../../src/register/submit.ts";
import { composeOutcome, composeRequest } from "../../src/requester/compose.ts";
import { followAsRequester } from "../../src/requester/own-requests.ts";
import { Witness } from "../../src/witness/witness.ts";
import { type RunningWitness, serveWitness } from "../../src/witness/witness-server.ts";
import { freePort } from "../fakes/free-port.ts";
import { inboxConnection } from "../fakes/inbox-connection.ts";
import type { PlannedRequest } from "./plan.ts";
import { seededCrypto } from "./seeded-crypto.ts";
import { HttpTap, MqttTap, quiet } from "./taps.ts";
import { VirtualClock } from "./virtual-clock.ts";

export const REGISTER_NAME = "register.example/fort-lauderdale";
/** Before any scenario begins. */
const BEGUN_MS = Date.UTC(2018, 0, 1);
const PUBLISH_WITHIN_MS = 20_000;
export const AGENCY = "Police Department";

/** Addresses that are the same in every world, since they stand in cards and settings. */
export interface Ports {
  readonly register: number;
  readonly registerBehind: number;
  readonly witness: number;
  readonly witnessBehind: number;
  readonly mailbox: number;
  readonly mailboxBehind: number;
  readonly homes: readonly [number, number];
}

export async function choosePorts(): Promise<Ports> {
  const one = freePort;
  return {
    register: await one(),
    registerBehind: await one(),
    witness: await one(),
    witnessBehind: await one(),
    mailbox: await one(),
    mailboxBehind: await one(),
    homes: [await one(), await one()],
  };
}

const url = (port: number): string => `http://127.0.0.1:${port}`;

/** What was set up before the first day, and is copied into each world. */
export interface Beginning {
  readonly dir: string;
  readonly ports: Ports;
  readonly logKey: string;
  readonly witnessKey: string;
  readonly requesterSeed: Uint8Array;
  readonly secrets: RecipientSecrets;
  readonly card: Uint8Array;
}

export async function makeBeginning(dir: string, seed: number): Promise<Beginning> {
  const ports = await choosePorts();
  const crypto = seededCrypto(seed, "beginning");
  const witnessDir = join(dir, "witness");
  const witnessHome = new WitnessHome({ options: dataOption(witnessDir) });
  const witnessKey = encodeVerifierKey(await witnessHome.create("witness.example"));
  const folder = new RegisterFolder(crypto, join(dir, "register"));
  await folder.create({
    name: REGISTER_NAME,
    about: "A register for a scenario",
    witnesses: [`${url(ports.witness)}#${witnessKey}`],
    quorum: 1,
  });
  const logKey = encodeVerifierKey((await folder.identity()).logKey);
  // Its first two leaves; the witness is not there yet, so that each world begins with one round of cosigning.
  const register = await Register.open({ crypto, clock: new VirtualClock(BEGUN_MS), log: silentLog }, folder);
  await register.stop();
  const memory = witnessHome.memory();
  memory.follow(REGISTER_NAME, logKey);
  memory.close();
  const secrets: RecipientSecrets = {
    signSeed: crypto.randomBytes(32),
    boxSecret: crypto.randomBytes(32),
    inboxSecret: crypto.randomBytes(32),
    version: "doorward-recipient-1",
  };
  const card = await signCard(crypto, { name: AGENCY, url: `mqtt://127.0.0.1:${ports.mailbox}`, ca: null }, secrets);
  return { dir, ports, logKey, witnessKey, requesterSeed: crypto.randomBytes(32), secrets, card };
}

/** What the command line would have read from `--data DIR`. */
const dataOption = (dir: string) =>
  ({
    text: () => dir,
    needed: () => dir,
    flag: () => false,
  }) as unknown as ConstructorParameters<typeof WitnessHome>[0]["options"];

/** Keeps what a part logs, so that a line too many is seen. */
export function keptLog(clock: Pick<VirtualClock, "nowMs">, lines: string[]): Log {
  const keep =
    (level: string) =>
    (event: string, fields: object = {}): void =>
      void lines.push(`${clock.nowMs()} ${level} ${event} ${JSON.stringify(fields)}`);
  return { debug: keep("debug"), info: keep("info"), warn: keep("warn"), error: keep("error") };
}

/** Register, witness, delivery broker and requester of one world, each behind a tap. */
export class Services {
  readonly clock: VirtualClock;
  readonly begun: Beginning;
  readonly dir: string;
  readonly registerTap: HttpTap;
  readonly witnessTap: HttpTap;
  readonly mailboxTap: MqttTap;
  readonly registerLog: string[] = [];
  readonly witnessLog: string[] = [];
  readonly mailboxLog: string[] = [];
  readonly requesterLog: string[] = [];
  readonly #crypto: Crypto;
  readonly #signer: Signer;
  readonly #stops: (() => unknown)[] = [];
  #memory: RegisterMemory | null = null;
  /** The register arms a timer when a round of cosigning is over. */
  readonly #cosigning = { rounds: 0, againAtMs: Number.POSITIVE_INFINITY };

  constructor(begun: Beginning, dir: string, clock: VirtualClock, seed: number) {
    this.clock = clock;
    this.begun = begun;
    this.dir = dir;
    this.#crypto = seededCrypto(seed, "requester");
    this.#signer = seedSigner(nodeCrypto, begun.requesterSeed);
    const { ports } = begun;
    this.registerTap = new HttpTap(clock, { port: ports.register, upstream: ports.registerBehind });
    this.witnessTap = new HttpTap(clock, { port: ports.witness, upstream: ports.witnessBehind });
    this.mailboxTap = new MqttTap(clock, { port: ports.mailbox, upstream: ports.mailboxBehind });
  }

  get publicDir(): string {
    return join(this.dir, "register", "public");
  }

  get requesterDir(): string {
    return join(this.dir, "requester");
  }

  quiet = (forMs?: number): Promise<void> => quiet([this.registerTap, this.witnessTap, this.mailboxTap], forMs);

  async start(seed: number): Promise<void> {
    const { begun, clock, dir } = this;
    const { ports } = begun;
    for (const name of ["register", "witness"]) cpSync(join(begun.dir, name), join(dir, name), { recursive: true });
    mkdirSync(this.requesterDir, { recursive: true });
    for (const tap of [this.registerTap, this.witnessTap, this.mailboxTap]) {
      await tap.start();
      this.#stops.push(() => tap.stop());
    }
    await this.#startWitness();
    const mailbox: RunningMailbox = await startMailbox({
      host: "127.0.0.1",
      port: ports.mailboxBehind,
      onDropped: (code) => this.mailboxLog.push(`${clock.nowMs()} ${code}`),
    });
    this.#stops.push(() => mailbox.stop());
    const crypto = seededCrypto(seed, "register");
    const folder = new RegisterFolder(crypto, join(dir, "register"));
    const log = keptLog(clock, this.registerLog);
    const registerClock = Object.assign(Object.create(clock) as VirtualClock, {
      after: (ms: number, run: () => void) => {
        this.#cosigning.rounds += 1;
        this.#cosigning.againAtMs = clock.nowMs() + ms;
        return clock.after(ms, run);
      },
    });
    let opened: Register | null = null;
    await this.#cosigned(true, async () => {
      opened = await Register.open({ crypto, clock: registerClock, log }, folder);
    });
    const register = opened as unknown as Register;
    this.#stops.push(() => register.stop());
    const server: RunningRegister = await serveRegister(register, {
      host: "127.0.0.1",
      port: ports.registerBehind,
      clock,
      log,
    });
    this.#stops.push(() => server.stop());
    const operator = await folder.operator();
    const accreditation = {
      register: REGISTER_NAME,
      requester: this.#signer.publicKey,
      agency: AGENCY,
      voucher: "State police union",
      evidence: "Letter with the chief's signature, called back",
    };
    const envelope = await signStatement(crypto, accreditationStatement, accreditation, operator);
    await this.#submit("accreditation", envelope);
    await this.#openInbox();
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).toReversed()) await stop();
  }

  /** Time passes; what the register does by itself then, having its checkpoint cosigned anew, is awaited. */
  async leapTo(unixMs: number): Promise<void> {
    const isDue = this.#cosigning.againAtMs <= unixMs;
    await this.#cosigned(isDue, () => this.clock.leapTo(unixMs));
  }

  /** As anybody can fetch it. */
  checkpoint(): Uint8Array {
    return new Uint8Array(readFileSync(join(this.publicDir, CHECKPOINT_PATH)));
  }

  /** Does something after which the register has its checkpoint cosigned, and waits until that is published. */
  async #cosigned(isExpected: boolean, act: () => unknown): Promise<void> {
    const { rounds } = this.#cosigning;
    await act();
    const expected = isExpected ? rounds + 1 : rounds;
    for (let waited = 0; this.#cosigning.rounds < expected; waited += 1) {
      if (waited > PUBLISH_WITHIN_MS)
        throw new Error(`nothing was published: ${this.registerLog.slice(-3).join("; ")}`);
      await sleep(1);
    }
    while (this.registerTap.busy() || this.witnessTap.busy()) await sleep(1);
  }

  policy(): LogPolicy {
    const { logKey, witnessKey } = this.begun;
    return {
      ...parseLogPolicy(nodeCrypto, { logKey, witnesses: [witnessKey], quorum: 1 }),
      freshness: { nowSeconds: this.clock.nowSeconds(), maxAgeSeconds: 2 * 86_400 },
    };
  }

  /** @returns Digest of the request. */
  async ask({ index, area, window }: PlannedRequest): Promise<Uint8Array> {
    const { book } = await this.#follow();
    const ports = { crypto: this.#crypto, signer: this.#signer, book, nowSeconds: this.clock.nowSeconds() };
    const composed = await composeRequest(ports, this.begun.card, {
      agency: AGENCY,
      officer: `Detective ${(index % 4) + 1}`,
      caseNumber: `18-${String(index + 1).padStart(5, "0")}`,
      offence: "burglary",
      area,
      window,
      text: "Two persons forced a back door and left on foot. We look for pictures of the street between the two times.",
      expires: this.clock.nowSeconds() + 5 * 86_400,
    });
    await this.#submit(composed.kind, composed.envelope);
    return composed.digest;
  }

  async tellOutcome(request: Uint8Array): Promise<void> {
    const { book } = await this.#follow();
    const ports = { crypto: this.#crypto, signer: this.#signer, book, nowSeconds: this.clock.nowSeconds() };
    const day = Math.floor(this.clock.nowSeconds() / 86_400) + 60;
    const composed = await composeOutcome(ports, { request, outcome: "kept-until", day });
    await this.#submit(composed.kind, composed.envelope);
  }

  /** Deliveries that the requester holds whole. */
  get received(): number {
    return this.requesterLog.filter((line) => line.includes("whole share")).length;
  }

  get #url(): string {
    return url(this.begun.ports.register);
  }

  #submit(kind: EntryKind, envelope: Uint8Array): Promise<void> {
    return this.#cosigned(true, () => submitStatement(this.#url, kind, envelope, AbortSignal.timeout(30_000)));
  }

  async #startWitness(): Promise<void> {
    const { begun, clock, dir } = this;
    const home = new WitnessHome({ options: dataOption(join(dir, "witness")) });
    const memory = home.memory();
    const witness = new Witness(await home.identity(), {
      crypto: nodeCrypto,
      memory,
      nowSeconds: clock.nowSeconds,
      onFork: (origin) => this.witnessLog.push(`fork ${origin}`),
    });
    const server: RunningWitness = await serveWitness(witness, {
      host: "127.0.0.1",
      port: begun.ports.witnessBehind,
      onFailure: (error) => this.witnessLog.push(String(error)),
    });
    this.#stops.push(
      () => memory.close(),
      () => server.stop(),
    );
  }

  async #follow(): Promise<FollowedRegister> {
    const source = new HttpSource(this.#url);
    const followed = await followAsRequester(
      this.#crypto,
      this.policy(),
      this.#memory,
      source,
      this.#signer.publicKey,
      this.clock.nowSeconds(),
    );
    const bytes = encodeRegisterMemory(followed.memory);
    this.#memory = decodeRegisterMemory(bytes);
    writeFileSync(join(this.requesterDir, "register.json"), bytes);
    return followed;
  }

  async #openInbox(): Promise<void> {
    const { begun, clock } = this;
    const storage = new InboxFileStorage(this.requesterDir);
    await storage.prepare();
    const { broker, client } = await inboxConnection(`mqtt://127.0.0.1:${begun.ports.mailbox}`, begun.secrets, {
      keepalive: 0,
    });
    this.#stops.push(() => client.endAsync(true));
    const say = (text: string): void => void this.requesterLog.push(`${clock.nowMs()} ${text}`);
    await new Inbox(begun.secrets, {
      crypto: this.#crypto,
      broker,
      storage,
      onProgress: (delivery, next, chunks) => say(`${delivery} ${next} of ${chunks}`),
      onShare: (delivery) => say(`${delivery} whole share`),
      onError: (error) => say(String(error)),
    }).start();
  }
}
