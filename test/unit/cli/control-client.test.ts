import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { askDaemon } from "../../../src/cli/control-client.ts";

let dir: string;
let server: Server | undefined;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-control-"));
});
afterEach(async () => {
  await new Promise<void>((done) => (server === undefined ? done() : server.close(() => done())));
  server = undefined;
  await rm(dir, { recursive: true });
});

async function daemon(onLine: (line: string, socket: Socket) => void): Promise<void> {
  const listening = createServer((socket) => {
    socket.setEncoding("utf8").on("data", (line: string) => onLine(line, socket));
    socket.on("error", () => undefined);
  });
  server = listening;
  await new Promise<void>((done) => listening.listen(join(dir, "control.sock"), done));
}
const ask = (signal = new AbortController().signal) => askDaemon({ dataDir: dir }, { op: "ring" }, signal);

test("one line goes there, one line comes back, also in pieces", async () => {
  const lines: string[] = [];
  await daemon((line, socket) => {
    lines.push(line);
    socket.write('{"ok":');
    setImmediate(() => socket.write("true}\n"));
  });
  expect(await ask()).toEqual({ ok: true });
  expect(lines).toEqual(['{"op":"ring"}\n']);
});

test("without a daemon the error says how to start one", async () => {
  await expect(ask()).rejects.toMatchObject({
    code: "cli/daemon-not-running",
    hint: expect.stringContaining("doorward run"),
  });
});

test("a daemon that hangs up, and one that talks nonsense, are told apart", async () => {
  await daemon((_line, socket) => socket.end());
  await expect(ask()).rejects.toMatchObject({ code: "cli/no-answer" });
  await new Promise<void>((done) => server?.close(() => done()));
  await daemon((_line, socket) => socket.write("hello\n"));
  await expect(ask()).rejects.toMatchObject({ code: "cli/wrong-file" });
});

test("an answer without an end is cut off instead of filling the memory", async () => {
  await daemon((_line, socket) => socket.write("x".repeat(200_000)));
  await expect(ask()).rejects.toMatchObject({ code: "cli/wrong-file" });
});

test("Ctrl-C ends the waiting", async () => {
  const stop = new AbortController();
  await daemon(() => stop.abort());
  await expect(ask(stop.signal)).rejects.toMatchObject({ code: "cli/interrupted" });
});
