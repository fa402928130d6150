import { closeSync, fdatasyncSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { systemClock } from "../../../src/device/platform/clock.ts";
import { silentLog } from "../../../src/device/platform/logger.ts";
import { nodeCrypto } from "../../../src/device/platform/node-crypto.ts";
import { type Signer, seedSigner, signStatement } from "../../../src/protocol/envelope.ts";
import { accreditationStatement } from "../../../src/protocol/register/statements/accreditation.ts";
import { embedCard, requestStatement } from "../../../src/protocol/register/statements/request.ts";
import { createCard } from "../../../src/recipient/card.ts";
import { Register } from "../../../src/register/register.ts";
import { RegisterFolder } from "../../../src/register/register-folder.ts";
import { freePort } from "../../fakes/free-port.ts";
import { Child, until } from "../child.ts";
import type { Measurement } from "../context.ts";
import { processCpuSeconds } from "../process-tree.ts";
import { makeRow, type Pair, type RowDefinition } from "../row.ts";

const NAME = "register.example/bench";
const AGENCY = "Police Department";
const REQUESTERS = 250;
/** As many as the rules let each ask in a day. */
const EACH = 4;
const AT_ONCE = 64;
const FETCHES = 20_000;
const FETCHERS = 8;
const MAX_PAIRS = 3;

const rows = {
  intake: {
    name: "requests that the register accepts, each on the disk before it is acknowledged",
    unit: "per s",
    referenceName: "entries of the same size appended and synced one at a time",
    target: { of: "ours", atLeast: 200 },
  },
  intakeCpu: {
    name: "a request accepted by the register",
    unit: "ms CPU",
    referenceName: "checking its two signatures and the accreditation's",
    target: { of: "ours", atMost: 5 },
  },
  tiles: {
    name: "a tile served by the register",
    unit: "µs CPU",
    referenceName: "a bare static file server (@fastify/static)",
    target: { of: "ratio", atMost: 1.2 },
  },
} as const satisfies Record<string, RowDefinition>;

const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

function send(method: string, port: number, path: string, body?: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, method, path, agent }, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode ?? 0));
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

/** Works through a list with so many under way. */
async function all<T>(list: readonly T[], atOnce: number, act: (one: T) => Promise<unknown>): Promise<void> {
  let next = 0;
  const work = async (): Promise<void> => {
    for (let one = list[next]; one !== undefined; one = list[next]) {
      next += 1;
      await act(one);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

/** A register whose requesters are accredited; the server is the program itself. */
async function startRegister(
  dir: string,
): Promise<{ readonly port: number; readonly child: Child; readonly signers: readonly Signer[] }> {
  const folder = new RegisterFolder(nodeCrypto, dir);
  await folder.create({ name: NAME, about: "A register for measurements", witnesses: [], quorum: 0 });
  const register = await Register.open({ crypto: nodeCrypto, clock: systemClock, log: silentLog }, folder);
  const operator = await folder.operator();
  const signers = Array.from({ length: REQUESTERS }, () => seedSigner(nodeCrypto, nodeCrypto.randomBytes(32)));
  await all(signers, AT_ONCE, async ({ publicKey }) => {
    const payload = { register: NAME, requester: publicKey, agency: AGENCY, voucher: "State", evidence: "Called back" };
    await register.submit("accreditation", await signStatement(nodeCrypto, accreditationStatement, payload, operator));
  });
  await register.stop();
  const port = await freePort();
  const program = new URL("../../dist/program/doorward.cjs", import.meta.url).pathname;
  const args = [program, "register", "serve", "--data", dir, "--port", String(port), "--host", "127.0.0.1"];
  const child = new Child(process.execPath, args);
  await until("the register listens", 20_000, () =>
    send("GET", port, "/checkpoint").then(
      (s) => s === 200,
      () => false,
    ),
  );
  return { port, child, signers };
}

async function requestsOf(signers: readonly Signer[], pair: number): Promise<Uint8Array[]> {
  const { card } = await createCard(nodeCrypto, { name: AGENCY, url: "mqtts://inbox.example.org", ca: null });
  const now = Math.floor(Date.now() / 1000);
  const end = Math.floor(now / 900) * 900 - 3_600;
  const envelopes: Uint8Array[] = [];
  for (const [i, signer] of signers.entries()) {
    for (let k = 0; k < EACH; k += 1) {
      const payload = {
        register: NAME,
        requester: signer.publicKey,
        agency: AGENCY,
        officer: "Detective",
        caseNumber: `${pair}-${i}-${k}`,
        offence: "burglary",
        basis: "voluntary",
        area: { latitude: 2_000_000 + i * 2_000, longitude: -8_000_000 + k * 3_000, radius: 400 },
        window: { start: end - 3_600, end },
        text: "Two persons forced a back door and left on foot. We look for pictures of the street between the two times.",
        card: embedCard(card),
        expires: now + 7 * 86_400,
        extends: null,
      } as const;
      envelopes.push(await signStatement(nodeCrypto, requestStatement, payload, signer));
    }
  }
  return envelopes;
}

/** Entries per second of a program that does nothing but append and sync. */
function syncedPerSecond(dir: string, bytes: number): number {
  const file = openSync(join(dir, "synced"), "w");
  const entry = Buffer.alloc(bytes, 7);
  const count = 200;
  const startedAt = performance.now();
  for (let i = 0; i < count; i += 1) {
    writeSync(file, entry);
    fdatasyncSync(file);
  }
  closeSync(file);
  return (count * 1000) / (performance.now() - startedAt);
}

function signatureMs(envelopes: readonly Uint8Array[]): number {
  const signer = seedSigner(nodeCrypto, nodeCrypto.randomBytes(32));
  const message = envelopes[0] ?? new Uint8Array();
  const signature = nodeCrypto.sign(nodeCrypto.signingKeyFromSeed(nodeCrypto.randomBytes(32)).secretKey, message);
  const before = process.cpuUsage();
  for (let i = 0; i < envelopes.length * 3; i += 1) nodeCrypto.verify(signer.publicKey, message, signature);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / envelopes.length;
}

async function intake(workDir: string, pair: number): Promise<{ readonly rate: Pair; readonly cpu: Pair }> {
  const dir = join(workDir, `register-${pair}`);
  const { port, child, signers } = await startRegister(dir);
  try {
    const envelopes = await requestsOf(signers, pair);
    const cpuBefore = processCpuSeconds(child.pid);
    const startedAt = performance.now();
    await all(envelopes, AT_ONCE, async (envelope) => {
      const status = await send("POST", port, "/statements/request", envelope);
      if (status !== 201) throw new Error(`the register answered ${status}`);
    });
    const seconds = (performance.now() - startedAt) / 1000;
    const cpuMs = ((processCpuSeconds(child.pid) - cpuBefore) * 1000) / envelopes.length;
    const bytes = envelopes[0]?.length ?? 0;
    return {
      rate: { ours: envelopes.length / seconds, reference: syncedPerSecond(workDir, bytes) },
      cpu: { ours: cpuMs, reference: signatureMs(envelopes) },
    };
  } finally {
    await child.stop();
  }
}

const BARE_SERVER = `
const fastify = require("fastify")({ logger: false });
fastify.register(require("@fastify/static"), { root: process.argv[1] });
fastify.listen({ host: "127.0.0.1", port: Number(process.argv[2]) });
`;

async function serving(workDir: string, pair: number): Promise<Pair> {
  const dir = join(workDir, `tiles-${pair}`);
  const { port, child } = await startRegister(dir);
  const barePort = await freePort();
  const bare = new Child(process.execPath, ["-e", BARE_SERVER, join(dir, "public"), String(barePort)], {
    cwd: new URL("../..", import.meta.url).pathname,
  });
  try {
    const size = Number(readFileSync(join(dir, "public", "checkpoint"), "utf8").split("\n")[1]);
    const path = `/tile/entries/000${size < 256 ? `.p/${size}` : ""}`;
    await until("the bare server listens", 20_000, () =>
      send("GET", barePort, path).then(
        (s) => s === 200,
        () => false,
      ),
    );
    const cpuUs = async (to: number, pid: number): Promise<number> => {
      const fetchAll = (count: number) =>
        all(
          Array.from({ length: count }, () => path),
          FETCHERS,
          async (one) => {
            const status = await send("GET", to, one);
            if (status !== 200) throw new Error(`${one} was answered with ${status}`);
          },
        );
      await fetchAll(FETCHES / 10); // warm
      const before = processCpuSeconds(pid);
      await fetchAll(FETCHES);
      return ((processCpuSeconds(pid) - before) * 1e6) / FETCHES;
    };
    return { ours: await cpuUs(port, child.pid), reference: await cpuUs(barePort, bare.pid) };
  } finally {
    await child.stop();
    await bare.stop();
  }
}

export const registerRows: Measurement = {
  rows: Object.values(rows).map(({ name }) => name),
  async measure({ pairs: count, workDir, say }) {
    mkdirSync(workDir, { recursive: true });
    const taken: { rate: Pair; cpu: Pair; tiles: Pair }[] = [];
    for (let pair = 0; pair < Math.min(count, MAX_PAIRS); pair += 1) {
      say(`register, ${pair + 1} of ${Math.min(count, MAX_PAIRS)}`);
      taken.push({ ...(await intake(workDir, pair)), tiles: await serving(workDir, pair) });
    }
    return [
      makeRow(
        rows.intake,
        taken.map(({ rate }) => rate),
        `${AT_ONCE} connections`,
      ),
      makeRow(
        rows.intakeCpu,
        taken.map(({ cpu }) => cpu),
      ),
      makeRow(
        rows.tiles,
        taken.map(({ tiles }) => tiles),
      ),
    ];
  },
};
