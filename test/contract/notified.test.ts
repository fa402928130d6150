import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const NOTIFIED = join(import.meta.dirname, "../../scripts/packaging/notified");
/** systemd's end: binds the address that is its argument (`@` begins an abstract one), and prints the first datagram. */
const SYSTEMD = `import socket, sys
path = sys.argv[1]
end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
end.bind("\\0" + path[1:] if path.startswith("@") else path)
print("bound", flush=True)
print(end.recv(4096).decode(), flush=True)`;
/** What Doorward does, in a shell: sd_listen_fds(3) for the descriptor that is named "notify". */
const READY = `[ "$LISTEN_PID" = $$ ] || exit 1
fd=3; names=$LISTEN_FDNAMES
while [ "\${names%%:*}" != notify ]; do names=\${names#*:}; fd=$((fd + 1)); done
eval "printf READY=1 >&$fd"`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "notified-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const addresses = { "a path": () => join(folder, "notify"), "an abstract address": () => `@${folder}` };

describe.each(Object.keys(addresses) as (keyof typeof addresses)[])("systemd at %s", (kind) => {
  test.each([0, 2])("hears of the program, to which %i other descriptors were passed", async (passed) => {
    const address = addresses[kind]();
    const systemd = spawn("python3", ["-c", SYSTEMD, address], { stdio: ["ignore", "pipe", "inherit"] });
    const said = createInterface({ input: systemd.stdout })[Symbol.asyncIterator]();
    expect((await said.next()).value).toBe("bound");
    const others = Array.from({ length: passed }, () => openSync("/dev/null", "r"));
    const program = spawn(NOTIFIED, ["sh", "-c", READY], {
      env: { ...process.env, NOTIFY_SOCKET: address },
      stdio: ["ignore", "inherit", "inherit", ...others],
    });
    expect(await once(program, "close")).toEqual([0, null]);
    expect((await said.next()).value).toBe("READY=1");
    for (const other of others) closeSync(other);
  });
});

test("outside systemd the program is all that runs", async () => {
  const { NOTIFY_SOCKET: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(NOTIFIED, ["sh", "-c", "echo $# $1 [$LISTEN_FDS]", "sh", "a b"], {
    env,
  });
  expect(stdout).toBe("1 a b []\n");
});
