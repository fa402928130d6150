import { access, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { migrations } from "../../device/config/migrations.ts";
import { readConfig } from "../../device/config/read-config.ts";
import { CliError } from "../errors.ts";

/** The boards with a pin map, by the words that `--board` takes. */
export const boards = {
  "zero-2-w": { file: "raspberry-pi-zero-2-w.toml", model: /^Raspberry Pi Zero 2/ },
  "3": { file: "raspberry-pi-3.toml", model: /^Raspberry Pi (3|Compute Module 3)/ },
  "4": { file: "raspberry-pi-4.toml", model: /^Raspberry Pi (4|400|Compute Module 4)/ },
  "5": { file: "raspberry-pi-5.toml", model: /^Raspberry Pi (5|500|Compute Module 5)/ },
} as const;
export type Board = keyof typeof boards | "none";

const MODEL_FILE = "/proc/device-tree/model";

export function isBoard(word: string): word is Board {
  return word === "none" || word in boards;
}

/** What this machine is; `none` for anything without a pin map, such as a PC. */
export async function thisBoard(modelFile = MODEL_FILE): Promise<{ readonly board: Board; readonly model: string }> {
  const model = (await readFile(modelFile, "utf8").catch(() => "")).replace(/\0.*$/s, "").trim();
  const found = Object.entries(boards).find(([, { model: form }]) => form.test(model));
  return { board: (found?.[0] as Board | undefined) ?? "none", model };
}

/** The board's settings by `section.key`; none for `none`, where everything is simulated. */
export async function boardSettings(board: Board): Promise<Readonly<Record<string, unknown>>> {
  if (board === "none") return {};
  const text = await readFile(await fileOf(boards[board].file), "utf8");
  const { document } = readConfig(text, migrations);
  return Object.fromEntries(
    Object.entries(document).flatMap(([section, settings]) =>
      typeof settings !== "object" || settings === null
        ? []
        : Object.entries(settings).map(([key, value]) => [`${section}.${key}`, value]),
    ),
  );
}

/** Beside the bundled program, or beside the sources. */
async function fileOf(name: string): Promise<string> {
  for (const up of ["../../", "../../../"]) {
    const file = fileURLToPath(new URL(`${up}firmware/board/${name}`, import.meta.url));
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  throw new CliError("cli/not-found", `${name} is missing: this installation is not whole`);
}
