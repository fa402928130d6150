import { access, mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { loadConfig } from "../../device/config/load-config.ts";
import { createDeviceKeys, DeviceKeyError } from "../../device/device-keys.ts";
import { makeDirectoryDurably, writeFileDurably } from "../../device/platform/durable-file.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { CliError } from "../errors.ts";
import { type Answers, configurationFrom } from "../setup/answers.ts";
import { type Board, boardSettings, boards, isBoard, thisBoard } from "../setup/board.ts";
import { type TrialResult, tryButton, tryCamera, trySound } from "../setup/trials.ts";

const CONFIG_MODE = 0o640;
const MEMORY_FOLDER = "/dev/shm";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, terminal } = invocation;
  const configFile = resolve(options.needed("config"));
  const isNew = options.flag("again") || !(await isThere(configFile));
  if (isNew) await askAndWrite(invocation, configFile);
  else terminal.say(`${configFile} stays as it is (--again asks anew).`);
  const { dataDir } = await loadConfig(configFile);
  const madeKeys = await keysIfNone(dataDir);
  const trials = options.flag("yes") || !isNew ? null : await tryAll(invocation, configFile);
  terminal.say(madeKeys ? "This doorbell has keys now." : "This doorbell keeps its keys.");
  return { json: { ok: true, config: configFile, configWritten: isNew, madeKeys, trials } };
}

async function askAndWrite({ options, terminal, signal }: Invocation, configFile: string): Promise<void> {
  const isUnattended = options.flag("yes");
  const ask = async (flag: string, question: string, preset: string): Promise<string> => {
    const given = options.text(flag);
    if (given !== undefined) return given;
    return isUnattended ? preset : terminal.ask(question, preset, signal);
  };
  const board = await boardFrom(options.text("board"), (text) => terminal.note(text));
  const isPi = board !== "none";
  const answers: Answers = {
    name: await ask("name", "What is this doorbell called?", "Front door"),
    camera: await ask("camera", "Camera: rpicam, /dev/video0, rtsp://…, or none?", isPi ? "rpicam" : "none"),
    microphone: await ask(
      "microphone",
      "Microphone: a name from `arecord -L`, camera, or off?",
      isPi ? "default" : "camera",
    ),
    broker: await ask("broker", "Broker: own, or the address of one that runs already?", "own"),
    brokerUser: options.text("brokerUser") ?? "",
    brokerPasswordFile: options.text("brokerPasswordFile") ?? "",
  };
  const data = options.text("data");
  const text = configurationFrom(await boardSettings(board), answers, data === undefined ? undefined : resolve(data));
  await mkdir(dirname(configFile), { recursive: true });
  await writeFileDurably(configFile, new TextEncoder().encode(text), { mode: CONFIG_MODE });
  terminal.say(`Wrote ${configFile}, with every setting explained.`);
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
