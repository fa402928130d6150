/**
 * `npm run search-attack -- [--requests N] [--homes N] [--json]`: an agency that runs the register too asks 10,000 times, circle by circle,
 * to find out where cameras are. What it sees is compared between two worlds in which the homes stand elsewhere; homes that
 * fetch only what covers them are the control, and are found.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { httpGet } from "../../src/device/mirror/http-get.ts";
import { Mirror } from "../../src/device/mirror/mirror.ts";
import { mirrorPaths } from "../../src/device/mirror/mirror-paths.ts";
import { silentLog } from "../../src/device/platform/logger.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { startMailbox } from "../../src/mailbox/mailbox.ts";
import { type Signer, seedSigner, signStatement } from "../../src/protocol/envelope.ts";
import { covers, type Place } from "../../src/protocol/register/area.ts";
import { accreditationStatement } from "../../src/protocol/register/statements/accreditation.ts";
import { embedCard, type Request, requestStatement } from "../../src/protocol/register/statements/request.ts";
import { encodeVerifierKey } from "../../src/protocol/tlog/note.ts";
import { CHECKPOINT_PATH, TILE_WIDTH, tilePath } from "../../src/protocol/tlog/tiles.ts";
import { createCard, inboxLogin, type RecipientSecrets } from "../../src/recipient/card.ts";
import { Register } from "../../src/register/register.ts";
import { RegisterFolder } from "../../src/register/register-folder.ts";
import { serveRegister } from "../../src/register/register-server.ts";
import { freePort } from "../fakes/free-port.ts";
import { inboxConnection } from "../fakes/inbox-connection.ts";
import { Dice } from "../forge/dice.ts";
import { type Copying, isCopyingMinute, untilCopied } from "./copying.ts";
import { difference, digestOf, type Evidence } from "./digest.ts";
import { seededCrypto } from "./seeded-crypto.ts";
import { HttpTap, MqttTap, quiet } from "./taps.ts";
import { VirtualClock } from "./virtual-clock.ts";

const USAGE = "npm run search-attack -- [--requests N] [--homes N] [--json]";
const NAME = "register.example/search";
const AGENCY = "Bureau of Everything";
const SEED = 10_000;
const REQUESTERS = 100;
/** By the rules: five a day for each key. */
const A_DAY = 500;
const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2018, 4, 1);
/** Metres; circles this wide, on a grid that leaves no gap between them. */
const RADIUS = 150;
const GRID_UNITS = 190;
const SQUARE_UNITS = 10_800;
const CORNER: Place = { latitude: 2_606_840, longitude: -8_019_130 };
/** Doorbells whose copying is the daemon's own code over real connections. */
const MIRRORS = 8;
const EVERY_MS = 30 * 60_000;
const MEMORY = "/dev/shm";

const { values } = parseArgs({
  options: {
    json: { type: "boolean" },
    help: { type: "boolean" },
    requests: { type: "string" },
    homes: { type: "string" },
  },
});
const startedAt = performance.now();
const say = (text: string): void =>
  void process.stderr.write(`search-attack ${((performance.now() - startedAt) / 1000).toFixed(0)} s: ${text}\n`);

interface Attack {
  readonly requests: number;
  readonly homes: readonly Place[];
  /** The control: a home asks for the entries that cover it, and for no others. */
  readonly fetchesOnlyWhatCovers: boolean;
  readonly ports: readonly [number, number, number, number];
  readonly secrets: RecipientSecrets;
  readonly card: Uint8Array;
}

interface Sight {
  readonly evidence: Evidence;
  /** Pairs of a home and a request whose circle it stands in: what the agency wants to know. */
  readonly covered: number;
  readonly homeRequests: number;
}

async function attack(
  { requests, homes, fetchesOnlyWhatCovers, ports, secrets, card }: Attack,
  dir: string,
): Promise<Sight> {
  const clock = new VirtualClock(START_MS);
  const crypto = seededCrypto(SEED, "register");
  const folder = new RegisterFolder(crypto, join(dir, "register"));
  await folder.create({ name: NAME, about: "Run by the agency itself", witnesses: [], quorum: 0 });
  const register = await Register.open({ crypto, clock, log: silentLog }, folder);
  const [registerPort, behindPort, mailboxPort, mailboxBehind] = ports;
  const server = await serveRegister(register, { host: "127.0.0.1", port: behindPort, clock, log: silentLog });
  const tap = new HttpTap(clock, { port: registerPort, upstream: behindPort });
  const mailboxTap = new MqttTap(clock, { port: mailboxPort, upstream: mailboxBehind });
  const mailbox = await startMailbox({ host: "127.0.0.1", port: mailboxBehind });
  await tap.start();
  await mailboxTap.start();
  const inbox = await inboxConnection(`mqtt://127.0.0.1:${mailboxPort}`, secrets, { keepalive: 0 });
  await inbox.broker.subscribe(inboxLogin(nodeCrypto, secrets).topicFilter, () => {});
  const signers = await accreditAll(register, await folder.operator());
  const mirrors = startMirrors(dir, clock, {
    port: registerPort,
    logKey: encodeVerifierKey((await folder.identity()).logKey),
  });
  const life = new AbortController();
  for (const { mirror } of mirrors) await mirror.start(life.signal);
  let covered = 0;
  let copied = 0;
  for (let day = 0; day * A_DAY < requests; day += 1) {
    clock.leapTo(START_MS + day * DAY_MS + DAY_MS / 2);
    const first = register.size;
    const asked: Request[] = [];
    for (let i = day * A_DAY; i < Math.min(requests, (day + 1) * A_DAY); i += 1) {
      const request = requestOf(i, clock.nowSeconds(), signers, card);
      asked.push(request);
      const envelope = await signStatement(nodeCrypto, requestStatement, request, signerOf(signers, i));
      const answer = await register.submit("request", envelope);
      if (answer.outcome === "refused") throw new Error(`request ${i}: ${answer.code}: ${answer.message}`);
    }
    await leapHalfHour(clock, tap, mirrors, readFileSync(join(register.publicDir, CHECKPOINT_PATH)));
    const size = register.size;
    for (const [index, home] of homes.entries()) {
      const near = asked.flatMap(({ area }, i) => (covers(area, home) ? [first + i] : []));
      covered += near.length;
      const paths = fetchesOnlyWhatCovers
        ? [...new Set(near.map((entry) => bundleOf(entry, size)))]
        : mirrorPaths(copied, size).map(({ path }) => path);
      for (const path of [CHECKPOINT_PATH, ...paths]) tap.note(path, index);
    }
    copied = size;
    tap.endMinute();
  }
  await quiet([tap, mailboxTap]);
  life.abort();
  for (const { mirror } of mirrors) await mirror.stop();
  await inbox.client.endAsync(true);
  await Promise.all([tap.stop(), mailboxTap.stop(), mailbox.stop(), server.stop()]);
  await register.stop();
  const evidence = [...tap.seen, ...tap.fromHomes, ...mailboxTap.evidence()];
  return { evidence, covered, homeRequests: tap.homeRequests };
}

/** Through the doorbells' fixed minutes, each of which is over before the next comes. */
async function leapHalfHour(
  clock: VirtualClock,
  tap: HttpTap,
  mirrors: readonly Copier[],
  checkpoint: Uint8Array,
): Promise<void> {
  const beginMs = clock.nowMs();
  for (let minute = 1; minute <= 30; minute += 1) {
    clock.leapTo(beginMs + minute * 60_000);
    for (const mirror of mirrors) await untilCopied(mirror, clock.nowMs(), checkpoint);
    tap.endMinute();
  }
}

interface Copier extends Copying {
  readonly mirror: Mirror;
}

function startMirrors(
  dir: string,
  clock: VirtualClock,
  { port, logKey }: { readonly port: number; readonly logKey: string },
): Copier[] {
  return Array.from({ length: MIRRORS }, (_, i) => {
    const folder = join(dir, `mirror-${i}`);
    mkdirSync(folder);
    const register = { origin: NAME, url: `http://127.0.0.1:${port}`, logKey, witnesses: [], quorum: 0 };
    const deviceSeed = seedWithMinute(i);
    const mirror = new Mirror(
      { dir: folder, registers: [register], everyMs: EVERY_MS, roomBytes: 1 << 28 },
      { crypto: nodeCrypto, clock, log: silentLog, get: httpGet, deviceSeed },
    );
    return { mirror, dir: folder, deviceSeed, everyMs: EVERY_MS };
  });
}

/** A doorbell's key that gives it a fixed minute of its own. */
function seedWithMinute(i: number): Uint8Array {
  for (let attempt = 0; ; attempt += 1) {
    const seed = seededCrypto(SEED, `doorbell ${i} ${attempt}`).randomBytes(32);
    if (isCopyingMinute({ deviceSeed: seed, everyMs: EVERY_MS }, (2 + 3 * i) * 60_000)) return seed;
  }
}

async function accreditAll(register: Register, operator: Signer): Promise<readonly Signer[]> {
  const signers: Signer[] = [];
  for (let i = 0; i < REQUESTERS; i += 1) {
    const signer = seedSigner(nodeCrypto, seededCrypto(SEED, `requester ${i}`).randomBytes(32));
    const payload = {
      register: NAME,
      requester: signer.publicKey,
      agency: AGENCY,
      voucher: AGENCY,
      evidence: "It vouches for itself",
    };
    const answer = await register.submit(
      "accreditation",
      await signStatement(nodeCrypto, accreditationStatement, payload, operator),
    );
    if (answer.outcome === "refused") throw new Error(answer.code);
    signers.push(signer);
  }
  return signers;
}

function signerOf(signers: readonly Signer[], i: number): Signer {
  const signer = signers[i % signers.length];
  if (signer === undefined) throw new RangeError("no requester");
  return signer;
}

/** The i-th circle of the grid, around and around. Neighbours overlap, so they are asked for different quarters of an hour, as the rules want. */
function requestOf(i: number, nowSeconds: number, signers: readonly Signer[], card: Uint8Array): Request {
  const columns = Math.ceil(SQUARE_UNITS / GRID_UNITS);
  const cell = i % (columns * columns);
  const [row, column] = [Math.floor(cell / columns), cell % columns];
  const end = Math.floor(nowSeconds / 900) * 900 - 900 * (4 + 2 * (row % 2) + (column % 2));
  return {
    register: NAME,
    requester: signerOf(signers, i).publicKey,
    agency: AGENCY,
    officer: `Officer ${i % signers.length}`,
    caseNumber: `S-${i}`,
    offence: "other",
    basis: "voluntary",
    area: {
      latitude: CORNER.latitude + row * GRID_UNITS,
      longitude: CORNER.longitude + column * GRID_UNITS,
      radius: RADIUS,
    },
    window: { start: end - 900, end },
    text: "We look for pictures of the street between the two times.",
    card: embedCard(card),
    expires: nowSeconds + 14 * 86_400,
    extends: null,
  };
}

function bundleOf(entry: number, size: number): string {
  const index = Math.floor(entry / TILE_WIDTH);
  return tilePath({ level: "entries", index, width: Math.min(TILE_WIDTH, size - index * TILE_WIDTH) });
}

function placesOf(dice: Dice, count: number): Place[] {
  return Array.from({ length: count }, () => ({
    latitude: CORNER.latitude + dice.below(SQUARE_UNITS),
    longitude: CORNER.longitude + dice.below(SQUARE_UNITS),
  }));
}

async function main(): Promise<number> {
  const requests = Number(values.requests ?? 10_000);
  const homeCount = Number(values.homes ?? 2_000);
  if (values.help === true || ![requests, homeCount].every((n) => Number.isSafeInteger(n) && n > 0)) {
    process.stderr.write(`${USAGE}\n`);
    return values.help === true ? 0 : 2;
  }
  const dir = mkdtempSync(join(tmpdirInMemory(), "doorward-search-"));
  try {
    const ports = [await freePort(), await freePort(), await freePort(), await freePort()] as const;
    const crypto = seededCrypto(SEED, "agency");
    const { card, secrets } = await createCard(crypto, { name: AGENCY, url: `mqtt://127.0.0.1:${ports[2]}`, ca: null });
    const see = async (name: string, homes: readonly Place[], fetchesOnlyWhatCovers: boolean): Promise<Sight> => {
      const world = join(dir, name);
      mkdirSync(world);
      const sight = await attack({ requests, homes, fetchesOnlyWhatCovers, ports, secrets, card }, world);
      rmSync(world, { recursive: true });
      say(
        `${name}: ${sight.covered} pairs of a home and a circle around it; ${sight.homeRequests} requests of homes seen`,
      );
      return sight;
    };
    const [here, there] = [placesOf(new Dice(1), homeCount), placesOf(new Dice(2), homeCount)];
    const before = await see("homes", here, false);
    const moved = await see("homes moved", there, false);
    const leakBefore = await see("control", here, true);
    const leakMoved = await see("control moved", there, true);
    const differs = difference(before.evidence, moved.evidence);
    if (differs !== null) say(`what the agency sees depends on places:\n${differs}`);
    const controlCaught = difference(leakBefore.evidence, leakMoved.evidence) !== null;
    const ok = differs === null && controlCaught && before.covered > 0 && before.covered !== moved.covered;
    const result = {
      ok,
      requests,
      homes: homeCount,
      identical: differs === null,
      digest: digestOf(before.evidence),
      covered: [before.covered, moved.covered],
      homeRequests: before.homeRequests,
      controlCaught,
    };
    process.stdout.write(values.json === true ? `${JSON.stringify(result, null, 2)}\n` : `${inWords(result)}\n`);
    return ok ? 0 : 1;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

interface Result {
  readonly ok: boolean;
  readonly requests: number;
  readonly homes: number;
  readonly identical: boolean;
  readonly covered: readonly number[];
  readonly controlCaught: boolean;
}

const inWords = ({ ok, requests, homes, identical, covered, controlCaught }: Result): string =>
  [
    `${requests} requests searched for ${homes} homes; ${covered.join(" and ")} times one stood in a circle, before and after all had moved.`,
    `What the agency saw, register, broker and all: ${identical ? "the same bytes both times" : "NOT the same"}.`,
    `Homes that fetch only what covers them: ${controlCaught ? "caught" : "NOT caught"}.`,
    ok ? "The search found nothing." : "The search found something.",
  ].join("\n");

const tmpdirInMemory = (): string => (existsSync(MEMORY) ? MEMORY : tmpdir());

process.exitCode = await main();
