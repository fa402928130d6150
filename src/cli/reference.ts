import { commands, groups } from "./commands/all.ts";
import type { CommandDefinition } from "./definition.ts";
import { EXIT, exitMeanings } from "./errors.ts";

const HEAD = `# Commands

Made from the definitions in \`src/cli/commands/\`; a test compares. Change those, then run \`npm run docs\`.

Every command takes \`--help\` and \`--json\`. With \`--json\` stdout carries exactly one JSON value; a failure is
\`{"ok": false, "error": {"code", "message", "hint"}}\` and the codes are in [errors.md](errors.md). Progress and notes go to
stderr either way; commands that serve (\`mailbox serve\`, \`broker\`) print the value at once and go on, and \`run\` prints its
log, one JSON object a line. Questions take \`--yes\`. Times are local in words, milliseconds since 1970 in JSON.
`;

/** docs/ref/cli.md, whole. */
export function cliReference(): string {
  const exits = Object.entries(EXIT).map(
    ([name, status]) => `| ${status} | ${exitMeanings[name as keyof typeof EXIT]} |`,
  );
  const exitTable = ["## Exit status", "", "| status | meaning |", "| ---: | --- |", ...exits].join("\n");
  const topLevel = commands.filter(({ path }) => !path.includes(" "));
  const sections = [section("The doorbell", topLevel)];
  for (const group of groups.filter(({ path }) => !path.includes(" "))) {
    const inside = commands.filter(({ path }) => path.startsWith(`${group.path} `));
    sections.push(section(`doorward ${group.path}`, inside, group.summary));
  }
  return `${[HEAD, exitTable, ...sections].join("\n\n").replace(/\n{3,}/g, "\n\n")}\n`;
}

function section(title: string, members: readonly CommandDefinition[], summary?: string): string {
  return [`## ${title}`, ...(summary === undefined ? [] : [`${summary}.`]), ...members.map(entry)].join("\n\n");
}

function entry({ path, summary, details, args = [], options = [], examples }: CommandDefinition): string {
  const usage = ["doorward", path, ...args.map(({ name }) => name), ...(options.length > 0 ? ["[options]"] : [])].join(
    " ",
  );
  const rows = [
    ...args.map(({ name, meaning }) => [`\`${name}\``, meaning]),
    ...options.map(({ flags, meaning, preset, required }) => [
      `\`${flags}\``,
      `${meaning}${required === true ? " (needed)" : ""}${preset === undefined || preset === "" ? "" : ` (default: \`${preset}\`)`}`,
    ]),
  ].map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
  const shown = examples.flatMap(({ command, meaning }) => [`# ${meaning}`, command]);
  return [
    `### doorward ${path}`,
    `${summary}.`,
    ...(details === undefined ? [] : [details]),
    `\`${usage}\``,
    ...(rows.length === 0 ? [] : [["| | |", "| --- | --- |", ...rows].join("\n")]),
    ["```sh", ...shown, "```"].join("\n"),
  ].join("\n\n");
}
