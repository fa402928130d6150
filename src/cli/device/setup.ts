import { access, mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { loadConfig } from "../../device/config/load-config.ts";
import { createDeviceKeys, DeviceKeyError } from "../../device/device-keys.ts";
import { makeDirectoryDurably, writeFileDurably } from "../../device/platform/durable-file.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { CliError } from "../errors.ts";
import { type Answers, brokerSettings, cameraSettings, configurationFrom } from "../setup/answers.ts";
import { type Board, boardSettings, boards, isBoard, thisBoard } from "../setup/board.ts";
import { foundCamera, foundMicrophone } from "../setup/found.ts";
import { type TrialResult, tryButton, tryCamera, trySound } from "../setup/trials.ts";

const CONFIG_MODE = 0o640;
const MAX_NAME = 60;
const ATTEMPTS = 5;
const MEMORY_FOLDER = "/dev/shm";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, terminal } = invocation;
  const configFile = resolve(options.needed("config"));
  const isNew = options.flag("again") || !(await isThere(configFile));
  if (isNew) await askAndWrite(invocation, configFile);
  else terminal.say("The configuration stays as it is (--again asks anew).");
  const { dataDir } = await loadConfig(configFile);
  const madeKeys = await keysIfNone(dataDir);
  const trials = options.flag("yes") || !isNew ? null : await tryAll(invocation, configFile);
  terminal.say(madeKeys ? "This doorbell has keys now." : "This doorbell keeps its keys.");
  return { json: { ok: true, config: configFile, configWritten: isNew, madeKeys, trials } };
}

async function askAndWrite({ options, terminal, signal }: Invocation, configFile: string): Promise<void> {
  const isUnattended = options.flag("yes");
  const ask = async (
    flag: string,
    question: string,
    preset: string,
    refuse: (answer: string) => unknown = () => {},
  ): Promise<string> => {
    const given = options.text(flag);
    if (given !== undefined) return given;
    if (isUnattended) return preset;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await terminal.ask(question, preset, signal);
      try {
        refuse(answer);
        return answer;
      } catch (error) {
        // A slip of the finger is asked again; what comes from a pipe is not.
        if (!(error instanceof CliError) || attempt === ATTEMPTS) throw error;
        terminal.note(`${error.message}. ${error.hint}`);
      }
    }
  };
  const board = await boardFrom(options.text("board"), (text) => terminal.note(text));
  const isPi = board !== "none";
  const name = await ask("name", "What is this doorbell called?", "Front door", refuseName);
  const camera = await ask(
    "camera",
    "Camera: rpicam, /dev/video0, rtsp://…, or none?",
    await foundCamera(isPi),
    cameraSettings,
  );
  const login = {
    brokerUser: options.text("brokerUser") ?? "",
    brokerPasswordFile: options.text("brokerPasswordFile") ?? "",
  };
  const answers: Answers = {
    name,
    camera,
    microphone: await ask(
      "microphone",
      "Microphone: a name from `arecord -L`, camera, or off?",
      await foundMicrophone(camera),
    ),
    broker: await ask("broker", "Broker: own, or the address of one that runs already?", "own", (broker) =>
      brokerSettings({ broker, ...login }),
    ),
    ...login,
  };
  const data = options.text("data");
  const text = configurationFrom(await boardSettings(board), answers, data === undefined ? undefined : resolve(data));
  await mkdir(dirname(configFile), { recursive: true });
  await writeFileDurably(configFile, new TextEncoder().encode(text), { mode: CONFIG_MODE });
  terminal.say("Wrote the configuration, with every setting explained.");
}

function refuseName(name: string): void {
  if (name.length <= MAX_NAME) return;
  throw new CliError("cli/usage", `the name has ${name.length} characters`, { hint: `Say at most ${MAX_NAME}.` });
}

async function boardFrom(given: string | undefined, note: (text: string) => void): Promise<Board> {
  if (given !== undefined && given !== "auto") {
    if (isBoard(given)) return given;
    throw new CliError("cli/usage", `"${given}" is no board`, {
      hint: `Say auto, none, or ${Object.keys(boards).join(", ")}.`,
    });
  }
  const { board, model } = await thisBoard();
  if (board !== "none") note(`This is a ${model}.`);
  else if (model === "") note("This is no Raspberry Pi: pins are simulated.");
  else note(`There is no pin map for "${model}": pins are simulated. --board takes the map of another Raspberry Pi.`);
  return board;
}

async function keysIfNone(dataDir: string): Promise<boolean> {
  await makeDirectoryDurably(dataDir);
  try {
    await createDeviceKeys(dataDir);
    return true;
  } catch (error) {
    if (error instanceof DeviceKeyError && error.code === "device-key/exists") return false;
    throw error;
  }
}

async function tryAll(
  { terminal, environment, signal }: Invocation,
  configFile: string,
): Promise<Readonly<Record<string, TrialResult>>> {
  const config = await loadConfig(configFile);
  const parent = (await isThere(MEMORY_FOLDER)) ? MEMORY_FOLDER : tmpdir();
  const scratch = await mkdtemp(join(parent, "doorward-"));
  const ports = { config, terminal, environment, scratch, signal };
  return { camera: await tryCamera(ports), button: await tryButton(ports), sound: await trySound(ports) };
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
