import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { RemoteFailure, Ssh } from "../ssh.ts";

const run = promisify(execFile);
const HERE = join(process.cwd(), "test/rig/vm");
/** Emulation is slow, and slower still beside other work. */
const BOOT_WITHIN_MS = 1_200_000;

const PROCESSORS = 2;
const COUNTED = ["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=on", "-rtc", "clock=vm"];

export interface MachineOptions {
  /** Kernel, modules, key and first file system are kept here. */
  readonly cacheDir: string;
  readonly memoryMb?: number;
  /**
   * One processor, whose instructions take a nanosecond of the guest's time each, however long they take here: neither a busy
   * machine nor the emulation itself shows in what the guest measures, and no time-out of the doorbell passes early.
   */
  readonly isCounted?: boolean;
  /** Without systemd: a log-in and nothing else, in half the time. */
  readonly isBare?: boolean;
  /** Further disks, as QEMU's `-drive file=` takes them: a path, or `nbd+unix:///?socket=PATH`. The guest sees vda, vdb, … */
  readonly disks?: readonly string[];
}

export interface Machine {
  readonly ssh: Ssh;
  /** The serial console so far. */
  serial(): string;
  /** What comes by the second serial line, a line each: the guest writes to /dev/ttyS1. */
  onLine(listener: (line: string) => void): void;
  /** As a power cut: nothing is written back. */
  kill(): Promise<void>;
}

/** The release of the kernel in the cache, fetched and completed where it is not there yet. */
export async function prepareKernel(cacheDir: string, say: (text: string) => void = () => {}): Promise<string> {
  mkdirSync(cacheDir, { recursive: true });
  const child = spawn(join(HERE, "prepare-kernel"), [cacheDir], { stdio: ["ignore", "pipe", "pipe"] });
  let release = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    release += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
    say(text.trim());
  });
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (status !== 0) throw new Error(`no kernel for the rig: ${errors.slice(-1000)}`);
  release = release.trim();
  await run(join(HERE, "make-initrd"), [cacheDir, release]);
  const key = join(cacheDir, "key");
  if (!existsSync(key)) await run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "rig", "-f", key]);
  return release;
}

/**
 * Boots this machine's own userland, read-only under memory, on a stock Debian kernel; settles when it takes log-ins.
 * Emulated (TCG) always: a /dev/kvm may be there and yet not run such a kernel.
 */
export async function boot(options: MachineOptions, say: (text: string) => void = () => {}): Promise<Machine> {
  const { cacheDir, memoryMb = 1536, isCounted = false, isBare = false, disks = [] } = options;
  const release = await prepareKernel(cacheDir, say);
  const kernel = join(cacheDir, "kernel");
  const keyFile = join(cacheDir, "key");
  const port = await freePort();
  const line = await listenForLine();
  const words = [
    ...["console=ttyS0", "quiet", "panic=-1", "mitigations=off", "systemd.show_status=no"],
    ...(isBare ? ["rig.bare"] : []),
    `rig.modules=${kernel}/lib/modules/${release}`,
    `rig.key=${readFileSync(`${keyFile}.pub`, "utf8").trim().replaceAll(" ", ",")}`,
  ];
  const qemu = spawn(
    "qemu-system-x86_64",
    [
      ...(isCounted ? COUNTED : [...["-accel", "tcg,thread=multi"], ...["-smp", String(PROCESSORS)]]),
      ...["-machine", "q35", "-cpu", "max"],
      ...["-m", String(memoryMb), "-nodefaults", "-no-reboot", "-display", "none"],
      ...[
        "-kernel",
        join(kernel, `boot/vmlinuz-${release}`),
        "-initrd",
        join(cacheDir, "initrd"),
        "-append",
        words.join(" "),
      ],
      ...["-chardev", "stdio,id=console", "-serial", "chardev:console"],
      ...["-chardev", `socket,id=second,path=${line.path}`, "-serial", "chardev:second"],
      ...["-fsdev", "local,id=host,path=/,security_model=none,readonly=on,multidevs=remap"],
      ...["-device", "virtio-9p-pci,fsdev=host,mount_tag=host", "-device", "virtio-rng-pci"],
      ...[
        "-netdev",
        `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:22`,
        "-device",
        "virtio-net-pci,netdev=net",
      ],
      ...disks.flatMap((file) => ["-drive", `file=${file},if=virtio,format=raw,cache=none,aio=threads`]),
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const screen = new Output(qemu.stdout, qemu.stderr);
  const onExit = (): void => void qemu.kill("SIGKILL");
  process.once("exit", onExit);
  const ssh = new Ssh({ user: "root", host: "127.0.0.1", port, keyFile });
  const until = Date.now() + BOOT_WITHIN_MS;
  for (;;) {
    if (qemu.exitCode !== null) throw new Error(`QEMU ended: ${screen.text.slice(-2000)}`);
    try {
      await ssh.run("true", { withinMs: 90_000 });
      break;
    } catch (error) {
      if (!(error instanceof RemoteFailure)) throw error;
      if (Date.now() > until) {
        qemu.kill("SIGKILL");
        const said = screen.text.slice(-3000);
        throw new Error(`the machine took no log-in in time; its console said last:\n${said}`, { cause: error });
      }
      await sleep(1000);
    }
  }
  return {
    ssh,
    serial: () => screen.text,
    onLine: (listener) => line.output.onLine(listener),
    async kill() {
      process.off("exit", onExit);
      line.close();
      await ended(qemu);
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("close", resolve));
}

/** Of a console: all of it, and a line at a time. */
class Output {
  #text = "";
  #rest = "";
  readonly #listeners: ((line: string) => void)[] = [];

  constructor(...streams: (NodeJS.ReadableStream | null)[]) {
    for (const stream of streams) if (stream !== null) this.read(stream);
  }

  read(stream: NodeJS.ReadableStream): void {
    stream.setEncoding("utf8").on("data", (text: string) => this.#keep(text));
  }

  get text(): string {
    return this.#text;
  }

  onLine(listener: (line: string) => void): void {
    this.#listeners.push(listener);
  }

  #keep(text: string): void {
    this.#text = (this.#text + text).slice(-1_000_000);
    const lines = (this.#rest + text).split(/\r?\n/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) for (const listener of this.#listeners) listener(line);
  }
}

interface SerialLine {
  readonly path: string;
  readonly output: Output;
  close(): void;
}

/** QEMU connects to it as the far end of the guest's second serial line. */
async function listenForLine(): Promise<SerialLine> {
  const dir = await mkdtemp(join(tmpdir(), "doorward-rig-"));
  const path = join(dir, "line");
  const output = new Output();
  const server = createServer((socket) => output.read(socket));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  server.unref();
  return {
    path,
    output,
    close() {
      server.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === "object" ? address.port : 0));
    });
  });
}
