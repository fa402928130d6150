import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/device/platform/clock.ts";
import type { Log, LogFields } from "../../src/device/platform/logger.ts";
import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import { seedSigner } from "../../src/protocol/envelope.ts";
import { openCheckpoint } from "../../src/protocol/tlog/checkpoint.ts";
import { followLog } from "../../src/protocol/tlog/follow-log.ts";
import { encodeVerifierKey, parseVerifierKey, verifierKey } from "../../src/protocol/tlog/note.ts";
import { checkRegister } from "../../src/register/check-register.ts";
import { HttpSource } from "../../src/register/http-source.ts";
import { Register } from "../../src/register/register.ts";
import { type RunningRegister, serveRegister } from "../../src/register/register-server.ts";
import { submitStatement } from "../../src/register/submit.ts";
import { Witness } from "../../src/witness/witness.ts";
import { WitnessMemory } from "../../src/witness/witness-memory.ts";
import { serveWitness } from "../../src/witness/witness-server.ts";
import { RegisterRig } from "../unit/register/register-rig.ts";

const never = new AbortController().signal;

/** Keeps every line, as an operator's journal would. */
class KeptLog implements Log {
  readonly lines: string[] = [];
  readonly #keep = (event: string, fields?: LogFields): void => {
    this.lines.push(`${event} ${JSON.stringify(fields ?? {})}`);
  };
  readonly debug = this.#keep;
  readonly info = this.#keep;
  readonly warn = this.#keep;
  readonly error = this.#keep;
}

let rig: RegisterRig;
let register: Register;
let server: RunningRegister;
let log: KeptLog;

async function start(settings: Parameters<typeof RegisterRig.make>[0] = {}): Promise<void> {
  rig = await RegisterRig.make(settings);
  log = new KeptLog();
  register = await Register.open({ crypto, clock: rig.clock, log }, rig.folder);
  server = await serveRegister(register, { host: "127.0.0.1", port: 0, clock: systemClock, log });
}

async function stop(): Promise<void> {
  await server.stop();
  await register.stop();
  await rig.remove();
}

const post = (kind: string, body: Uint8Array | string): Promise<Response> =>
  fetch(`${server.url}/statements/${kind}`, {
    method: "POST",
    body: typeof body === "string" ? body : new Uint8Array(body),
  });

/** Bytes of every file below a folder, by path. */
async function filesOf(dir: string): Promise<Map<string, string>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      files.map(async (file) => [file.slice(dir.length), (await readFile(file)).toString("hex")] as const),
    ),
  );
}

describe("over HTTP", () => {
  beforeEach(() => start());
  afterEach(stop);

  test("a requester is accredited, asks, and finds its request in the log that a follower reads", async () => {
    await submitStatement(server.url, "accreditation", await rig.accreditation(), never);
    const answer = await post("request", await rig.sample.request());
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({ ok: true, index: 3 });
    const { logKey } = await rig.folder.identity();
    const policy = { origin: register.name, logKey, witnesses: [], quorum: 0 };
    const { checkpoint, entries } = await followLog(crypto, policy, null, new HttpSource(server.url));
    expect(checkpoint.size).toBe(4);
    let read = 0;
    for await (const _ of entries) read += 1;
    expect(read).toBe(4);
  });

  test("refusals have a status, a code, what is wrong, and what to do", async () => {
    await submitStatement(server.url, "accreditation", await rig.accreditation(), never);
    const cases: readonly (readonly [string, string, Uint8Array | string, number, string])[] = [
      ["a stranger", "request", await rig.sample.request({}, "stranger"), 403, "request/unaccredited"],
      ["a forger", "request", await rig.sample.request({}, "thief", "officer"), 403, "request/signature"],
      ["pressure", "request", await rig.sample.request({ text: "You must answer" }), 422, "request/pressing-words"],
      ["no JSON", "request", "nonsense", 400, "statement/encoding"],
      ["nothing", "request", "", 400, "statement/encoding"],
      ["another kind", "outcome", await rig.sample.request(), 400, "statement/shape"],
      ["an unknown kind", "wish", "{}", 404, "register/not-found"],
      ["a stranger's rules", "rules", await rig.sample.rules(), 403, "register-leaf/operator"],
      ["17 KiB", "request", "x".repeat(17_000), 413, "register/too-large"],
    ];
    for (const [name, kind, body, status, code] of cases) {
      const answer = await post(kind, body);
      const { ok, error } = (await answer.json()) as { ok: boolean; error: Record<string, string> };
      expect([answer.status, ok, error.code], name).toEqual([status, false, code]);
      expect(error.hint, name).not.toBe("");
    }
    expect(register.size).toBe(3);
  });

  test("an address that is no text is refused like any other that is not there", async () => {
    const answer = await fetch(`${server.url}/tile/%zz`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ ok: false, error: { code: "register/not-found" } });
  });

  test("a body of 10 MB is refused before it has come", async () => {
    const socket = connect({ host: "127.0.0.1", port: Number(new URL(server.url).port) });
    await once(socket, "connect");
    let answer = "";
    socket.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
    socket.on("error", () => {});
    socket.write("POST /statements/request HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n");
    await once(socket, "close");
    expect(answer).toContain("413 Payload Too Large");
    expect(answer).toContain("register/too-large");
    expect(socket.bytesWritten).toBeLessThan(200);
  });

  test("a body without a length is cut off where a statement would have ended", async () => {
    const socket = connect({ host: "127.0.0.1", port: Number(new URL(server.url).port) });
    await once(socket, "connect");
    let answer = "";
    socket.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
    socket.on("error", () => {});
    socket.write("POST /statements/request HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    const piece = `1000\r\n${"x".repeat(4096)}\r\n`;
    const closed = once(socket, "close");
    for (let i = 0; i < 2_500 && !socket.destroyed && !answer.includes("413"); i += 1) {
      if (!socket.write(piece)) await Promise.race([once(socket, "drain"), closed]);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await closed;
    expect(answer).toContain("413");
    expect(socket.bytesWritten).toBeLessThan(9_000_000);
  });

  test("a connection whose statements are refused again and again is closed; the log has none of them", async () => {
    const socket = connect({ host: "127.0.0.1", port: Number(new URL(server.url).port) });
    await once(socket, "connect");
    socket.on("error", () => {});
    let answer = "";
    socket.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
    const one = "POST /statements/request HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
    const closed = once(socket, "close");
    for (let i = 0; i < 500 && !socket.destroyed; i += 1) {
      socket.write(one);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await closed;
    const statuses = answer.match(/HTTP\/1\.1 (\d+)/g) ?? [];
    expect(statuses.length).toBeLessThan(80);
    expect(answer).toContain("400 Bad Request");
    expect(register.size).toBe(2);
    expect((await post("accreditation", await rig.accreditation())).status).toBe(201);
  });

  test("any page may read, and post what its visitor signed", async () => {
    const checkpoint = await fetch(`${server.url}/checkpoint`);
    expect(checkpoint.headers.get("access-control-allow-origin")).toBe("*");
    const preflight = await fetch(`${server.url}/statements/request`, { method: "OPTIONS" });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-methods")).toBe("POST");
  });

  test("tiles may be cached for ever, the checkpoint for seconds, and neither tells when it was asked for", async () => {
    const tile = await fetch(`${server.url}/tile/0/000.p/2`);
    expect(tile.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(tile.headers.get("content-type")).toBe("application/octet-stream");
    const checkpoint = await fetch(`${server.url}/checkpoint`);
    expect(checkpoint.headers.get("cache-control")).toBe("public, max-age=2");
    expect(checkpoint.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    for (const { headers } of [tile, checkpoint]) {
      expect(["set-cookie", "etag", "last-modified", "server"].filter((name) => headers.has(name))).toEqual([]);
    }
  });

  test.each([
    "/",
    "/tile/0/000.p/3",
    "/tile/0/000",
    "/tile/0/../../register.json",
    "/tile/%2e%2e/%2e%2e/log.key",
    "/log.key",
    "/tile/0/000.p/02",
  ])("%s is not served", async (path) => {
    const answer = await fetch(`${server.url}${path}`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ error: { code: "register/not-found" } });
  });

  test("a plain file server over the same folder gives the same bytes", async () => {
    await submitStatement(server.url, "accreditation", await rig.accreditation(), never);
    const python = spawn("/usr/bin/python3", [
      "-u",
      "-m",
      "http.server",
      "0",
      "--bind",
      "127.0.0.1",
      "-d",
      rig.folder.publicDir,
    ]);
    try {
      const [line] = (await once(python.stdout, "data")) as [Buffer];
      const url = /http:\/\/[^/]+/.exec(line.toString("utf8"))?.[0] ?? "";
      const paths = [...(await filesOf(rig.folder.publicDir)).keys()];
      expect(paths).toContain("/checkpoint");
      for (const path of paths) {
        const [ours, theirs] = await Promise.all([fetch(`${server.url}${path}`), fetch(`${url}${path}`)]);
        expect(Buffer.from(await ours.arrayBuffer()), path).toEqual(Buffer.from(await theirs.arrayBuffer()));
      }
    } finally {
      python.kill();
      await once(python, "exit");
    }
  });

  test("readers leave nothing behind: no file changes, no line is logged, no address is in a line", async () => {
    await submitStatement(server.url, "accreditation", await rig.accreditation(), never);
    await post("request", "nonsense");
    const [files, lines] = [await filesOf(rig.folder.dir), log.lines.length];
    for (let i = 0; i < 30; i += 1) {
      await (await fetch(`${server.url}/checkpoint`, { headers: { "x-forwarded-for": "203.0.113.9" } })).text();
      await (await fetch(`${server.url}/tile/entries/000.p/3`)).arrayBuffer();
      await (await fetch(`${server.url}/elsewhere`)).text();
    }
    expect(await filesOf(rig.folder.dir)).toEqual(files);
    expect(log.lines).toHaveLength(lines);
    expect(log.lines.join("\n")).not.toMatch(/127\.0\.0\.1|203\.0\.113\.9|::1/);
    expect(log.lines.join("\n")).toContain("statement refused"); // control: it does log
  });
});

describe("with a witness", () => {
  let home: string;
  let memory: WitnessMemory;
  let witness: Awaited<ReturnType<typeof serveWitness>>;
  const signer = seedSigner(crypto, new Uint8Array(32).fill(7));
  const key = verifierKey(crypto, "witness.example/w1", "cosignature/v1", signer.publicKey);

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "doorward-witness-"));
    memory = WitnessMemory.open(join(home, "witness.db"));
    witness = await serveOn(0);
    await start({ witnesses: [`${witness.url}#${encodeVerifierKey(key)}`], quorum: 1 });
  });
  afterEach(async () => {
    await stop();
    await witness.stop();
    memory.close();
    await rm(home, { recursive: true, force: true });
  });

  const serveOn = (port: number) =>
    serveWitness(new Witness({ key, signer }, { crypto, memory, nowSeconds: () => 1_800_000_000, onFork: () => {} }), {
      host: "127.0.0.1",
      port,
    });
  const publishedSize = async (): Promise<number> => {
    const bytes = await readFile(join(rig.folder.publicDir, "checkpoint")).catch(() => null);
    if (bytes === null) return 0;
    const policy = {
      origin: register.name,
      logKey: parseVerifierKey(crypto, register.verifierKey),
      witnesses: [key],
      quorum: 1,
    };
    return openCheckpoint(crypto, policy, new Uint8Array(bytes)).size;
  };

  test("a checkpoint is published once it is cosigned, also after the witness was away", async () => {
    await rig.clock.advance(5_000);
    expect(await publishedSize()).toBe(0); // the witness does not know this log yet
    memory.follow(register.name, register.verifierKey);
    await rig.clock.advance(5_000);
    await expect.poll(publishedSize).toBe(2);
    const port = Number(new URL(witness.url).port);
    await witness.stop();
    await submitStatement(server.url, "accreditation", await rig.accreditation(), never);
    expect(register.size).toBe(3); // accepted for good, and not shown yet
    expect(await publishedSize()).toBe(2);
    expect((await checkRegister(crypto, rig.folder, { nowSeconds: 2_000_000_000 })).findings).toEqual([]);
    witness = await serveOn(port);
    await expect
      .poll(
        async () => {
          await rig.clock.advance(5_000);
          return publishedSize();
        },
        { timeout: 10_000 },
      )
      .toBe(3);
  });

  test("a register put back to an older copy forks, is not cosigned, and goes on showing what was", async () => {
    memory.follow(register.name, register.verifierKey);
    await rig.clock.advance(5_000);
    await expect.poll(publishedSize).toBe(2);
    await register.stop();
    const copy = join(rig.dir, "copy");
    await cp(rig.folder.dir, copy, { recursive: true });
    const reopen = async (): Promise<Register> => Register.open({ crypto, clock: rig.clock, log }, rig.folder);
    register = await reopen();
    await register.submit("accreditation", await rig.accreditation());
    await expect.poll(publishedSize).toBe(3);
    await register.stop();
    await rm(rig.folder.dir, { recursive: true });
    await cp(copy, rig.folder.dir, { recursive: true });
    register = await reopen();
    await register.submit("accreditation", await rig.accreditation("another"));
    for (let i = 0; i < 3; i += 1) await rig.clock.advance(5_000);
    await expect
      .poll(() => log.lines.filter((line) => line.includes("witness did not cosign")).length)
      .toBeGreaterThan(1);
    expect(await publishedSize()).toBe(2);
  });
});
