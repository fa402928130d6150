import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { httpGet } from "../../src/device/mirror/http-get.ts";
import { Mirror } from "../../src/device/mirror/mirror.ts";
import { silentLog } from "../../src/device/platform/logger.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { type RunningMailbox, startMailbox } from "../../src/mailbox/mailbox.ts";
import { bundleProgram, Daemon } from "../fakes/daemon.ts";
import { doorward, type Ran } from "../fakes/doorward-command.ts";
import { FakeClock } from "../fakes/fake-clock.ts";

const POLL_MS = 200;
/** Everybody but the doorbell lives half an hour later, so that what it films now can be asked for on quarter hours. */
const LATER_MS = 45 * 60_000;
const QUARTER_MS = 900_000;
const PLACE = "26.12240,-80.13730";

let dir: string;
let mailbox: RunningMailbox;
let daemon: Daemon;
const serving: Promise<Ran>[] = [];
const stop = new AbortController();
const at = (name: string): string => join(dir, name);
const config = (): string[] => ["--config", at("door.toml")];
const owner = (...words: string[]): string[] => ["owner", ...words, "--home", at("owner")];
const requester = (...words: string[]): string[] => ["requester", ...words, "--home", at("requester")];
const register = { url: "", key: "", name: "register.example/requests" };
const witness = { url: "", key: "" };

async function json(words: readonly string[], exit = 0): Promise<Record<string, unknown>> {
  const ran = await doorward([...words, "--json"]);
  expect(ran.exit, `${words.join(" ")}: ${ran.out}${ran.err}`).toBe(exit);
  return JSON.parse(ran.out) as Record<string, unknown>;
}

/** A command that serves until the end; gives the one JSON value that it prints. */
function serve(words: readonly string[]): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const running = doorward([...words, "--json"], {
      signal: stop.signal,
      onOut: (text) => resolve(JSON.parse(text) as Record<string, unknown>),
    });
    serving.push(running);
    running.then(({ out, err }) => reject(new Error(out + err)), reject);
  });
}

async function until<T>(withinMs: number, look: () => Promise<T | null>): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadline) throw new Error("it did not come to pass in time");
    await sleep(POLL_MS);
  }
}

interface ListedClip {
  readonly clip: string;
  readonly state: string;
  readonly startMs: number;
}

const clips = async (): Promise<ListedClip[]> => (await json(owner("clips"))) as unknown as ListedClip[];

/** What the doorbell does at its fixed minute, from a clock of our own. */
async function mirrorNow(): Promise<void> {
  const clock = new FakeClock(Date.now());
  const asked: string[] = [];
  const registers = [
    { origin: register.name, url: register.url, logKey: register.key, witnesses: [witness.key], quorum: 1 },
  ];
  const mirror = new Mirror(
    { dir: at("door/mirror"), registers, everyMs: 2 * QUARTER_MS, roomBytes: 10_000_000 },
    {
      crypto: nodeCrypto,
      clock,
      log: silentLog,
      deviceSeed: new Uint8Array(32),
      get: (url, most, signal) => {
        asked.push(url);
        return httpGet(url, most, signal);
      },
    },
  );
  await mirror.start(stop.signal);
  for (let minute = 0; asked.length === 0 && minute < 31; minute += 1) await clock.advance(60_000);
  await until(10_000, async () => (clock.waiting > 0 ? true : null));
  await mirror.stop();
}

const realNow = Date.now;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-requests-"));
  mailbox = await startMailbox({ host: "127.0.0.1", port: 0 });
  await bundleProgram();
});
afterAll(async () => {
  Date.now = realNow;
  stop.abort();
  await Promise.all(serving);
  await daemon.stop();
  await mailbox.stop();
  await rm(dir, { recursive: true });
});

describe("from a request in public to an answer that anybody can check", () => {
  test("a register with a witness begins empty, and a doorbell copies it", async () => {
    const made = await json(["register", "witness", "init", "--data", at("witness"), "--name", "witness.example/w1"]);
    witness.key = String(made.key);
    const logMade = await json(["register", "init", "--data", at("register"), "--name", register.name]);
    register.key = String(logMade.key);
    await json(["register", "witness", "add", register.key, "--data", at("witness")]);
    const watching = await serve(["register", "witness", "serve", "--data", at("witness"), "--port", "0"]);
    witness.url = String(watching.url);
    const witnessing = ["--witness", `${witness.url}#${witness.key}`, "--quorum", "1"];
    const running = await serve(["register", "serve", "--data", at("register"), "--port", "0", ...witnessing]);
    register.url = String(running.url);
    expect(running.key).toBe(register.key);
    const settings = [
      '[device]\ndata_dir = "door"\nclock = "trusted"',
      "[camera]\nwidth = 320\nheight = 240",
      '[recording]\npre_roll = "2s"\npost_roll = "3s"',
      "[broker]\nport = 0",
      '[sharing]\nundo_window = "1s"',
      `[registers]\nfollow = [{ url = "${register.url}", key = "${register.key}", witnesses = ["${witness.key}"], quorum = 1 }]`,
    ];
    await writeFile(at("door.toml"), settings.join("\n"));
    await json(["init", ...config()]);
    daemon = new Daemon(at("door.toml"), at("door"));
    await daemon.says("ready");
  });

  test("an owner follows what the doorbell copies, and says to nobody where the home stands", async () => {
    const { text } = await daemon.ask({ op: "pair" });
    await json(owner("init"));
    await json(owner("pair", String(text)));
    expect(await json(owner("register", "add"))).toMatchObject({
      registers: [{ register: register.name, quorum: 1, url: null }],
    });
    expect(await json(owner("place", "--at", PLACE))).toMatchObject({
      place: { latitude: 2_612_240, longitude: -8_013_730 },
    });
    const early = await json(owner("requests"), 6);
    expect(early).toMatchObject({ ok: false, registers: [{ error: { code: "log/missing" } }], requests: [] });
    await daemon.ask({ op: "ring" });
    await until(60_000, async () => ((await clips()).some(({ state }) => state === "sealed") ? true : null));
  });

  test("a requester whom nobody vouched for is refused before anything is sent; accredited, it asks", async () => {
    Date.now = () => realNow() + LATER_MS;
    await json(
      requester(
        ...["init", "--agency", "Town Police", "--officer", "Sgt. Rivera", "--mailbox", mailbox.url],
        ...["--register", register.url, "--key", register.key, "--witness", witness.key],
      ),
    );
    const [clip] = await clips();
    const startMs = clip?.startMs ?? 0;
    const start = Math.floor(startMs / QUARTER_MS) * QUARTER_MS - QUARTER_MS;
    const time = (ms: number): string => new Date(ms).toISOString().slice(0, 16);
    const ask = requester(
      ...["request", "--case", "2026-004711", "--offence", "burglary", "--at", PLACE, "--radius", "300"],
      ...["--from", `${time(start)}Z`, "--to", `${time(start + 3 * QUARTER_MS)}Z`],
      ...["--text", "A blue van was seen in this street. Pictures of it may help."],
    );
    expect(await json(ask, 1)).toMatchObject({ error: { code: "request/unaccredited" } });
    const handed = at("rivera.json");
    const { requester: key } = await json(requester("accredit", "--out", handed));
    const vouch = ["--voucher", "State union", "--evidence", "Met at the station"];
    const operator = ["--data", at("register"), "--url", register.url];
    const accredit = (named: string, ...more: readonly string[]) => [
      ...["register", "accredit", named, ...vouch, ...operator, ...more],
    ];
    expect(await json(accredit(handed, "--agency", "City Police"), 2)).toMatchObject({ error: { code: "cli/usage" } });
    expect(await json(accredit(String(key)), 2)).toMatchObject({ error: { code: "cli/usage" } });
    expect(await json(accredit(at("register/register.json")), 1)).toMatchObject({ error: { code: "cli/wrong-file" } });
    await json(accredit(handed));
    // In the log at once, and seen once the witness has cosigned a checkpoint with it.
    await until(30_000, async () => ((await json(requester("status"))).accredited === "Town Police" ? true : null));
    const asked = await json(ask);
    expect(asked).toMatchObject({ ok: true, index: 3 });
    expect(await readFile(String(asked.proof), "utf8")).toMatch(/^c2sp\.org\/tlog-proof@v1\nindex 3\n/);
    expect(await json(ask, 1)).toMatchObject({
      error: { code: expect.stringMatching(/^request\/(overlap|replayed)$/) },
    });
    const pressing = [...ask.slice(0, -3), "You must send your film.", "--home", at("requester")];
    expect(await json(pressing, 1)).toMatchObject({ error: { code: "request/pressing-words" } });
    expect(await json(requester("status"))).toMatchObject({ accredited: "Town Police", requestsToday: 1, size: 4 });
    expect(await json(requester("extend", String(asked.request), "--expires", "10d"))).toMatchObject({ index: 4 });
  });

  test("the owner finds it with the clip of that time, and what a look leaves is what fetching leaves", async () => {
    await mirrorNow();
    const homeFiles = async (): Promise<Record<string, unknown>> => {
      const names = (await readdir(at("owner"))).filter((name) => !name.startsWith("state-"));
      const [state = ""] = (await readdir(at("owner"))).filter((name) => name.startsWith("state-"));
      const files = await Promise.all(
        names.map(async (name) => [name, await readFile(join(at("owner"), name), "hex")]),
      );
      return { ...Object.fromEntries(files), state: JSON.parse(await readFile(join(at("owner"), state), "utf8")) };
    };
    /** By how much the counters of the link and of saves have risen. */
    const stepOf = async (words: string[]): Promise<unknown> => {
      const before = (await homeFiles()).state as Counted;
      await json(owner(...words));
      const { state: after, ...files } = (await homeFiles()) as { state: Counted };
      const { revision, device, ...rest } = after;
      const { sendReserved, nextReceived, ...same } = device;
      return {
        steps: [
          revision - before.revision,
          sendReserved - before.device.sendReserved,
          nextReceived - before.device.nextReceived,
        ],
        rest,
        same,
        files,
      };
    };
    await json(owner("sync"));
    const found = await json(owner("requests"));
    const [request] = found.requests as { request: string; clips: { clip: string }[] }[];
    expect(request?.clips).toHaveLength(1);
    const synced = await stepOf(["sync"]);
    expect(await stepOf(["requests"])).toEqual(synced);
    expect(await stepOf(["requests", "show", request?.request ?? ""])).toEqual(synced);
    const { out } = await doorward(owner("requests"));
    expect(out).toMatch(/^ {2}request +[0-9a-f]{8}\n {2}who asks +Sgt\. Rivera, Town Police\n {2}case +2026-004711\n/);
    expect(out).toContain("voluntary   yes: you need not answer, and nobody learns whether you looked");
    expect(out.match(/who asks/g), "prolonged, it is one request").toHaveLength(1);
  });

  test("the doorbell's card tells days, sizes and keys, and not that there was a request or a look", async () => {
    const before = await json(["disclose", ...config()]);
    expect(before).toMatchObject({
      members: [{ role: "owner", dayKeys: { days: 121 } }],
      clips: [{ pinned: false, closed: true, wraps: 1 }],
      registers: [{ name: expect.any(String) }],
      shares: [],
      forbidden: [],
      privacyMode: false,
    });
    const { requests } = (await json(owner("requests"))) as { requests: { request: string }[] };
    await json(owner("requests", "show", requests[0]?.request ?? ""));
    const after = await json(["disclose", ...config()]);
    expect(after).toEqual(before);
    expect(JSON.stringify(after)).not.toContain(requests[0]?.request);
    await writeFile(at("door/notes.txt"), "who came");
    const { otherFiles } = (await json(["disclose", ...config()])) as { otherFiles: { name: string }[] };
    expect(otherFiles, "what nobody explains is named").toContainEqual({ name: "notes.txt", bytes: 8 });
    await rm(at("door/notes.txt"));
    const { out } = await doorward(["disclose", ...config()]);
    expect(out).toMatch(/CLIPS: 1\./);
    expect(out).toContain("What this command cannot know:");
  });

  test("answered, it reaches the one who asked, who can prove to anybody what was asked and given", async () => {
    const { requests } = (await json(owner("requests"))) as { requests: { request: string }[] };
    const digest = requests[0]?.request ?? "";
    const answer = owner("requests", "answer", digest.slice(0, 8), "last", "--seconds", "1-4");
    const asked = await doorward(answer, { input: "n\n" });
    expect(asked.exit, asked.err).toBe(7);
    expect(asked.err).toContain("stays home");
    expect(asked.err).toContain("an answer to a request");
    expect(await json(owner("shares"))).toEqual([]);
    expect(await json([...answer, "--yes"])).toMatchObject({ ok: true, sound: null });
    const received = await json(requester("receive", "--once", "--timeout", "60"));
    expect(received).toMatchObject({ ok: true, verdict: "ok", request: digest });
    expect(await json(requester("open", String(received.file), "--out", at("door.mp4")))).toMatchObject({ ok: true });
    await json(requester("bundle", String(received.file), "--out", at("proof.tar")));
    const proven = await json([
      "requester",
      "verify",
      at("proof.tar"),
      "--key",
      register.key,
      "--witness",
      witness.key,
    ]);
    expect(proven).toMatchObject({ ok: true, keys: "given", request: { digest, agency: "Town Police" } });
    expect(await json(["requester", "verify", at("proof.tar")])).toMatchObject({ ok: true, keys: "from the bundle" });
    const audit = JSON.stringify(await json(owner("audit")));
    expect(audit).toContain('"basis":"voluntary"');
    expect(audit).toContain(digest);
  });

  test("what becomes of it is told in public, and the log passes its audit", async () => {
    const today = new Date(Date.now()).toISOString().slice(0, 10);
    const { requests } = (await json(requester("status"))) as { requests: { request: string }[] };
    const digest = requests.at(-1)?.request ?? "";
    expect(await json(requester("outcome", digest, "--deleted-on", today))).toMatchObject({ ok: true, index: 5 });
    expect(await json(requester("outcome", digest, "--deleted-on", today), 1)).toMatchObject({
      error: { code: "request/outcome-closed" },
    });
    expect(await json(["register", "audit", register.url, "--key", register.key])).toMatchObject({ ok: true });
  });

  test("a legal order gets what was filmed in its time, and a hold keeps that without a word of why", async () => {
    const [clip] = await clips();
    const startMs = clip?.startMs ?? 0;
    const time = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
    const range = ["--from", time(startMs - 3_600_000), "--until", time(startMs + 3_600_000 / 2)];
    expect(await json(owner("hold", "the fence", ...range))).toMatchObject({ clips: [clip?.clip] });
    expect((await doorward(owner("clips"))).out).toContain("pinned");
    const card = JSON.stringify(await json(["disclose", ...config()]));
    expect(card, "a clip that is held is a pinned clip to whoever has the card").toContain('"pinned":true');
    expect(card).not.toContain("fence");
    expect((await doorward(owner("erase", "last", "--yes"))).err).toContain('the hold "the fence" keeps this clip');
    await json([
      "recipient",
      "init",
      "--name",
      "District Court",
      "--mailbox",
      "mqtt://127.0.0.1:1",
      "--home",
      at("court"),
    ]);
    await json(["recipient", "card", "--out", at("court.card"), "--home", at("court")]);
    const order = owner("compelled", "--to", at("court.card"), ...range, "--purpose", "Order 12/34");
    const shown = await doorward(order, { input: "\n" });
    expect(shown.exit).toBe(7);
    expect(shown.err).toContain("a legal order");
    const given = await json([...order, "--out", at("order"), "--yes"]);
    expect(given).toMatchObject({ ok: true, shares: [{ clip: clip?.clip }], leftOut: [] });
    const [file = ""] = given.files as string[];
    expect(await json(["recipient", "verify", file, "--home", at("court")])).toMatchObject({ verdict: "ok" });
    const { token } = (given.shares as { token: string }[])[0] ?? { token: "" };
    const underWay = await json(["disclose", ...config()]);
    expect(underWay.shares).toMatchObject([
      { token, state: "under-way", basis: "compelled", purpose: "Order 12/34", recipientName: "District Court" },
    ]);
    await json(owner("revoke", token));
    const after = await json(["disclose", ...config()]);
    expect(after).toMatchObject({ shares: [], ended: { delivered: 1, revoked: 1, void: 0 } });
    expect(JSON.stringify(after)).not.toContain("District Court");
    expect(JSON.stringify(await json(owner("audit")))).toContain('"basis":"compelled"');
    expect(await json(owner("unhold", "the fence"))).toMatchObject({ released: [clip?.clip] });
    expect((await doorward(owner("clips"))).out).not.toContain("pinned");
    const late = owner("compelled", "--to", at("court.card"), "--from", time(1_000_000), "--until", time(2_000_000));
    expect(await json(late, 2)).toMatchObject({ error: { code: "cli/nothing-in-range" } });
  });

  test("a doorbell that is shown garbage shows it, loudly, and goes on recording", async () => {
    const [folder = ""] = await readdir(at("door/mirror"));
    const checkpoint = join(at("door/mirror"), folder, "checkpoint");
    const good = await readFile(checkpoint);
    await writeFile(checkpoint, "<!doctype html>\n");
    const ran = await doorward(owner("requests"));
    expect(ran.exit).toBe(4);
    expect(ran.out).toMatch(/^WARNING {2}register\.example\/requests: .*\(log\/malformed\)/);
    expect(ran.out).not.toContain("who asks");
    expect(ran.out).toContain("Whether anybody asks cannot be told now.");
    const before = (await clips()).length;
    await daemon.ask({ op: "ring" });
    await until(60_000, async () => {
      const sealed = (await clips()).filter(({ state }) => state === "sealed");
      return sealed.length > before ? true : null;
    });
    await writeFile(checkpoint, good);
    expect((await json(owner("requests"))).requests).toHaveLength(1);
  });
});

interface Counted {
  readonly revision: number;
  readonly device: { readonly sendReserved: number; readonly nextReceived: number };
}
