import { Command, CommanderError, Option } from "commander";
import { CannotStart } from "./cannot-start.ts";
import { commands, groups } from "./commands/all.ts";
import type { CommandDefinition, Outcome } from "./definition.ts";
import { EXIT, type ExitStatus } from "./errors.ts";
import { explain } from "./explain.ts";
import { Options } from "./options.ts";
import { type Streams, Terminal } from "./terminal.ts";
import { foreignLines } from "./words.ts";

export interface World extends Streams {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

export const PROGRAM_NAME = "doorward";
const JSON_FLAG = "--json";

/** Parses the words after `doorward`, runs the one command they name, prints what it found, and says how it ended. */
export async function runCli(words: readonly string[], world: World): Promise<ExitStatus> {
  const terminal = new Terminal(world, words.includes(JSON_FLAG));
  let outcome: Outcome = { json: null };
  const run: Run = async (definition, args, values) => {
    const subcommand = await definition.load();
    const { environment, signal } = world;
    outcome = await subcommand.run({ args, options: new Options(values), terminal, environment, signal });
  };
  const program = buildProgram(world, run, words[0]);
  try {
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok; // help or version, printed already
    return await fail(error, terminal);
  }
  if (outcome.json !== undefined) terminal.answer(outcome.json);
  return outcome.exit ?? EXIT.ok;
}

async function fail(error: unknown, terminal: Terminal): Promise<ExitStatus> {
  const { code, message, hint, exit } = await explain(error);
  terminal.answer({ ok: false, error: { code, message, hint } });
  if (error instanceof CommanderError && error.code === "commander.help") return exit; // shown in place of a message
  // The journal reads the priority of an error from the line itself, as sd-daemon(3) says.
  terminal.note(`${error instanceof CannotStart ? "<3>" : ""}doorward: ${foreignLines(message)}`);
  if (hint !== "") terminal.note(`  ${hint}`);
  return exit;
}

type Run = (
  definition: CommandDefinition,
  args: (string | undefined)[],
  values: Record<string, unknown>,
) => Promise<void>;

/**
 * The tree of commands, without their code.
 * @param word - Where commands begin with it, these only: a start of the doorbell need not describe sixty others.
 */
export function buildProgram(world: Pick<World, "stdout" | "stderr">, run: Run, word?: string): Command {
  const isWanted = ({ path }: { readonly path: string }): boolean => path === word || path.startsWith(`${word} `);
  const isOneWord = word !== undefined && commands.some(isWanted);
  const tree = isOneWord ? commands.filter(isWanted) : commands;
  const program = new Command(PROGRAM_NAME)
    .description("A private video doorbell: the doorbell itself, its owner's keys, and whoever receives a share.")
    .version("0.1.0", "-V, --version", "print the version");
  const parents = new Map<string, Command>([["", program]]);
  const addCommandsOf = (group: string): void => {
    for (const definition of tree.filter(({ path }) => parentOf(path) === group && !isGroup(path))) {
      defineCommand(addTo(parents, definition.path), definition, run);
    }
  };
  addCommandsOf("");
  for (const { path, summary } of isOneWord ? groups.filter(isWanted) : groups) {
    const group = addTo(parents, path).description(summary);
    parents.set(path, group);
    const own = tree.find((definition) => definition.path === path);
    if (own !== undefined) defineCommand(group, own, run);
    addCommandsOf(path);
  }
  const columns = world.stdout.columns;
  for (const command of [...parents.values(), ...[...parents.values()].flatMap((parent) => parent.commands)]) {
    command.enablePositionalOptions(); // a flag belongs to the word that it follows, all the way down
    command.exitOverride().helpOption("-h, --help", "show this help").helpCommand(false).showSuggestionAfterError(true);
    command.configureHelp({ helpWidth: Math.min(columns ?? 100, 110), subcommandTerm: termOf });
    command.configureOutput({
      writeOut: (text) => world.stdout.write(text),
      writeErr: (text) => world.stderr.write(text),
      outputError: () => undefined, // told by fail(), like every other error
    });
  }
  return program;
}

/** A command may have words below it, and do something without them. */
const isGroup = (path: string): boolean => groups.some((group) => group.path === path);

/** `owner household` of `owner household list`; empty at the top. */
function parentOf(path: string): string {
  return path.split(" ").slice(0, -1).join(" ");
}

function defineCommand(command: Command, definition: CommandDefinition, run: Run): void {
  const { summary, details, args = [], options = [] } = definition;
  command.summary(summary).description([summary, details].filter(Boolean).join("\n\n"));
  for (const { name, meaning } of args) command.argument(name, meaning);
  for (const { flags, meaning, preset, required } of options) {
    const option = new Option(flags, meaning).makeOptionMandatory(required === true);
    command.addOption(preset === undefined ? option : option.default(preset));
  }
  command.option(JSON_FLAG, "print exactly one JSON value on stdout");
  command.addHelpText("after", () => exampleText(definition)); // one command of sixty is asked for help
  command.action((...given: unknown[]) => {
    const words = given.slice(0, args.length).map((value) => (typeof value === "string" ? value : undefined));
    return run(definition, words, command.opts());
  });
}

function addTo(parents: ReadonlyMap<string, Command>, path: string): Command {
  const parent = parents.get(parentOf(path));
  if (parent === undefined) throw new Error(`no group for "${path}"`);
  return parent.command(path.split(" ").at(-1) ?? "");
}

function termOf(command: Command): string {
  const args = command.registeredArguments.map((arg) => (arg.required ? `<${arg.name()}>` : `[${arg.name()}]`));
  return [command.name(), ...args].join(" ");
}

function exampleText({ examples }: CommandDefinition): string {
  const lines = examples.flatMap(({ command, meaning }) => [`  # ${meaning}`, `  ${command}`]);
  return `\nExamples:\n${lines.join("\n")}`;
}
