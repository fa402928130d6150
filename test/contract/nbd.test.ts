import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { imageFile, KIND, RecordedDisk, readEvents } from "../rig/nbd/recorded-disk.ts";
import { NbdServer } from "../rig/nbd/server.ts";

const run = promisify(execFile);
const SIZE = 8 << 20;

let dir: string;
let disk: RecordedDisk;
let server: NbdServer;
let path: string;
let uri: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "dw-nbd-"));
  disk = new RecordedDisk(dir, SIZE);
  server = new NbdServer((name) => (name === "" || name === "again" ? disk : null));
  path = join(dir, "nbd.sock");
  await server.listen({ path });
  uri = `nbd+unix:///?socket=${path}`;
});
afterEach(async () => {
  await server.close();
  disk.close();
  await rm(dir, { recursive: true, force: true });
});

const qemuIo = async (...commands: string[]): Promise<string> => {
  const { stdout } = await run("qemu-io", [
    ...["-t", "writeback", "-f", "raw"],
    ...commands.flatMap((text) => ["-c", text]),
    uri,
  ]);
  return stdout;
};

describe("QEMU's client", () => {
  test("writes, reads back, zeroes, discards and flushes, and the record says so in order", async () => {
    const said = await qemuIo(
      "write -P 0x5a 4096 8192",
      "read -P 0x5a 4096 8192",
      "flush",
      "write -z 4096 4096",
      "discard 8192 4096",
      "read -P 0 4096 8192",
      "write -f -P 0x11 0 512",
      "flush",
    );
    expect(said).not.toContain("verification failed");
    const events = readEvents(dir).map(({ kind, isDurable, offset, length }) => ({ kind, isDurable, offset, length }));
    expect(events.slice(0, 4)).toEqual([
      { kind: KIND.write, isDurable: false, offset: 4096, length: 8192 },
      { kind: KIND.flush, isDurable: true, offset: 0, length: 0 },
      { kind: KIND.zero, isDurable: false, offset: 4096, length: 4096 },
      { kind: KIND.zero, isDurable: false, offset: 8192, length: 4096 },
    ]);
    expect(events[4]).toEqual({ kind: KIND.write, isDurable: true, offset: 0, length: 512 });
    expect((await readFile(imageFile(dir)))[511]).toBe(0x11);
  });

  test("copies an image in and finds it the same", async () => {
    const file = join(dir, "in.img");
    await writeFile(file, Buffer.from(Array.from({ length: SIZE / 8 }, (_, i) => (i * 7) & 255)));
    await run("qemu-img", ["convert", "-n", "-f", "raw", "-O", "raw", file, uri]);
    await run("qemu-img", ["compare", "-f", "raw", "-F", "raw", file, uri]).catch(
      (error: { code: number; stdout: string }) => {
        throw new Error(`${error.code}: ${error.stdout}`);
      },
    );
  });

  test("is told that a request beyond the end cannot be", async () => {
    const said = await run("qemu-io", ["-f", "raw", "-c", `read ${SIZE} 512`, uri]).catch(
      (error: { stdout: string }) => error,
    );
    expect(said.stdout).toMatch(/failed|beyond|error|exceed/i);
    expect(readEvents(dir).filter(({ kind }) => kind !== KIND.flush)).toEqual([]);
  });
});

test("libnbd is told size, block sizes and what the server can", async () => {
  const { stdout } = await run("nbdinfo", ["--json", uri]);
  const { exports } = JSON.parse(stdout) as { exports: Record<string, unknown>[] };
  expect(exports[0]).toMatchObject({
    "export-size": SIZE,
    can_flush: true,
    can_fua: true,
    can_trim: true,
    can_zero: true,
    is_read_only: false,
    block_size_minimum: 512,
  });
  await expect(run("nbdinfo", [`nbd+unix:///none?socket=${path}`])).rejects.toThrow(/none|not found|no export/i);
});

describe("a client that speaks nonsense", () => {
  const send = (bytes: Uint8Array): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(path, () => socket.end(bytes));
      socket.resume();
      socket.once("close", () => resolve());
      socket.once("error", () => {});
    });

  test.each([
    ["hangs up at once", new Uint8Array()],
    ["sends no option", new Uint8Array(64).fill(0xff)],
    [
      "names an option of four gigabytes",
      Buffer.from("00000003 49484156454f5054 00000007 ffffffff".replaceAll(" ", ""), "hex"),
    ],
    [
      "names an export that is longer than its option",
      Buffer.from("00000003 49484156454f5054 00000007 00000006 0000ffff 0000".replaceAll(" ", ""), "hex"),
    ],
  ])("%s, and the next one is served", async (_what, bytes) => {
    await send(bytes);
    expect(await qemuIo("read 0 512")).toContain("read 512/512");
  });
});
