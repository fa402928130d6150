import { execFile } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { loadConfig } from "../../src/device/config/load-config.ts";
import { bundleProgram } from "../fakes/daemon.ts";
import { installGpiodPrograms } from "../fakes/gpiod-programs.ts";

const run = promisify(execFile);
const program = join(import.meta.dirname, "../../.cache/scenario/doorward.mjs");
const BELL = 17;
const STATUS_LED = 24;

/** Types what a person would, each answer when its question stands on the screen; prints the screen and the exit status. */
const TYPIST = `
import json, os, pty, select, subprocess, sys, time
command, script = json.loads(sys.argv[1])
pid, screen = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
seen = b""
deadline = time.monotonic() + 120
script = [(q.encode(), a) for q, a in script]
while time.monotonic() < deadline:
    if script and script[0][0] in seen:
        answer = script.pop(0)[1]
        if answer.startswith("!"):
            subprocess.run(["sh", "-c", answer[1:]], check=True)
        else:
            os.write(screen, answer.encode() + b"\\n")
    if select.select([screen], [], [], 0.1)[0]:
        try:
            part = os.read(screen, 65536)
        except OSError:
            break
        if not part:
            break
        seen += part
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(json.dumps({"status": status, "screen": seen.decode("utf8", "replace").replace("\\r", ""), "left": len(script)}))
`;

let dir: string;
const at = (name: string): string => join(dir, name);

beforeAll(bundleProgram);
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-wizard-"));
  await installGpiodPrograms(at("bin"), "2.2.1");
  await run("mkfifo", [at(`bin/edges-${BELL}`)]);
  const picture = ["-f", "lavfi", "-i", "testsrc2=size=320x180", "-frames:v", "1", "-f", "image2", "-c:v", "mjpeg"];
  await run("ffmpeg", ["-nostdin", "-loglevel", "error", ...picture, at("door.jpg")]);
  await fake("rpicam-hello", "echo '0 : imx708 [4608x2592] (/base/soc/i2c0mux)'");
  await fake("rpicam-still", `cat '${at("door.jpg")}'`);
  await fake(
    "arecord",
    `case "$*" in -L) printf 'null\\n    Discard\\nplughw:CARD=Mic,DEV=0\\n    USB Mic\\n' ;; *) for last; do :; done; echo sound > "$last" ;; esac`,
  );
  await fake("aplay", `for last; do :; done; cp "$last" '${at("heard")}'`);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function fake(name: string, body: string): Promise<void> {
  await writeFile(at(`bin/${name}`), `#!/bin/sh\n${body}\n`);
  await chmod(at(`bin/${name}`), 0o755);
}

async function walk(script: readonly (readonly [question: string, answer: string])[]) {
  const command = [
    process.execPath,
    program,
    "setup",
    "--board",
    "5",
    "--config",
    at("door.toml"),
    "--data",
    at("data"),
  ];
  const env = { ...process.env, PATH: `${at("bin")}:${process.env.PATH}`, TERM: "xterm-256color", NO_COLOR: "" };
  const { stdout } = await run("/usr/bin/python3", ["-c", TYPIST, JSON.stringify([command, script])], {
    env,
    maxBuffer: 1e8,
  });
  return JSON.parse(stdout) as { status: number; screen: string; left: number };
}

/** The finger at the door, once the button is asked for. */
const press = (): readonly [string, string] => [
  "Press the button",
  `!{ echo 1 10.0; sleep 1; echo 2 11.0; } > ${at(`bin/edges-${BELL}`)}`,
];

test("a person walks through it: what is plugged in is proposed, seen, pressed and heard", async () => {
  const { status, screen, left } = await walk([
    ["called?", "Garden gate"],
    ["Camera:", ""],
    ["Microphone:", ""],
    ["Broker:", ""],
    press(),
  ]);
  expect(left).toBe(0);
  expect(status, screen).toBe(0);
  expect(screen).toContain("[rpicam]");
  expect(screen).toContain("[plughw:CARD=Mic,DEV=0]");
  // The picture, in colours.
  expect(screen).toContain("[38;2;");
  expect(screen).toContain("▀");
  expect(screen).toContain("the button works");
  expect(await readFile(at("bin/calls"), "utf8")).toMatch(new RegExp(`gpioset .*${STATUS_LED}=1`));
  expect(await readFile(at("heard"), "utf8")).toBe("sound\n");
  const config = await loadConfig(at("door.toml"));
  expect(config.name).toBe("Garden gate");
  expect(config.recorder).toMatchObject({
    source: { kind: "rpicam" },
    sound: { kind: "alsa", device: "plughw:CARD=Mic,DEV=0" },
  });
});

test("a slip of the finger is asked again, and nothing that was answered is lost", async () => {
  const { status, screen } = await walk([
    ["called?", "Garden gate"],
    ["Camera:", "webcam"],
    ["is no camera", "none"],
    ["Microphone:", "off"],
    ["Broker:", "my broker"],
    ["is no broker", "own"],
    press(),
  ]);
  expect(status, screen).toBe(0);
  const config = await loadConfig(at("door.toml"));
  expect([config.name, config.recorder.source.kind, config.broker.kind]).toEqual([
    "Garden gate",
    "test-pattern",
    "embedded",
  ]);
});

test("control: a camera that gives nothing and a microphone that is none are said, and setup goes on", async () => {
  await fake("rpicam-still", "exit 1");
  await fake("arecord", 'case "$*" in -L) exit 1 ;; *) exit 1 ;; esac');
  const { status, screen } = await walk([
    ["called?", ""],
    ["Camera:", ""],
    ["Microphone:", "plughw:CARD=Gone"],
    ["Broker:", ""],
    press(),
  ]);
  expect(status, screen).toBe(0);
  expect(screen).toContain("[off]");
  expect(screen).toContain("The camera gives no picture");
  expect(screen).toContain("That did not work");
  expect(screen).not.toContain("▀");
});
