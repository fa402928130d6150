import { type ChildProcess, fork } from "node:child_process";
import { rm } from "node:fs/promises";
import { Dice } from "../forge/dice.ts";
import { type Controls, runControls } from "./controls.ts";
import { makeHousehold } from "./household.ts";
import { stopAllPrograms } from "./program.ts";
import type { Tally } from "./tally.ts";
import { phasesFor, World } from "./world.ts";

export interface WorldOrder {
  readonly dir: string;
  /** Program file of Doorward. */
  readonly main: string;
  readonly film: string;
  readonly kills: number;
  readonly seed: number;
  readonly withControls: boolean;
}

export interface WorldResult {
  readonly tally: Tally;
  readonly controls: Controls | null;
}

type Message =
  | { readonly kind: "kill" }
  | { readonly kind: "result"; readonly result: WorldResult }
  | { readonly kind: "error"; readonly text: string };

export const WORLD_FLAG = "--world";

/** Runs one household in a process of its own: judging one must not delay the kills of another. */
export async function runInProcess(order: WorldOrder, onKill: () => void, signal: AbortSignal): Promise<WorldResult> {
  const child: ChildProcess = fork(process.argv[1] ?? "", [WORLD_FLAG, JSON.stringify(order)], { stdio: "inherit" });
  const end = (): void => child.disconnect();
  signal.addEventListener("abort", end, { once: true });
  try {
    return await new Promise<WorldResult>((resolve, reject) => {
      child.on("message", (message: Message) => {
        if (message.kind === "kill") onKill();
        else if (message.kind === "result") resolve(message.result);
        else reject(new Error(message.text));
      });
      child.once("exit", () => reject(new Error("the process of a household ended early")));
    });
  } finally {
    signal.removeEventListener("abort", end);
    if (child.connected) child.disconnect();
    if (child.exitCode === null) await new Promise((resolve) => child.once("exit", resolve));
  }
}

/** The other end of {@link runInProcess}. Ends with the process that started it. */
export async function beWorldProcess(order: WorldOrder): Promise<void> {
  const tidyUp = async (): Promise<void> => {
    await stopAllPrograms();
    await rm(order.dir, { recursive: true, force: true });
  };
  const leave = (): void => void tidyUp().finally(() => process.exit(130));
  process.once("disconnect", leave);
  process.on("SIGINT", leave);
  process.on("SIGTERM", leave);
  const tell = (message: Message): Promise<void> => new Promise((sent) => process.send?.(message, () => sent()));
  let world: World | null = null;
  try {
    const household = await makeHousehold(order.dir, order.main, order.film);
    const dice = new Dice(order.seed);
    world = await World.of(household, dice);
    const tally = await world.live(phasesFor(order.kills, dice), () => void tell({ kind: "kill" }));
    const controls = order.withControls ? await runControls(world) : null;
    await tell({ kind: "result", result: { tally, controls } });
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    await tell({ kind: "error", text: world === null ? text : `${text}\n${world.lastWords}` });
  }
  process.off("disconnect", leave);
  await tidyUp();
  process.exit(0);
}
