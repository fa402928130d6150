import { readdir, readFile, stat } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import type { MailboxRecord } from "../../mailbox/disclosure.ts";
import type { Identifier } from "../../register/disclose-register.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { CliError } from "../errors.ts";
import { identifiersOf } from "../register/disclose.ts";

interface Found {
  readonly where: string;
  readonly what: string;
}

export async function run({ options, terminal }: Invocation): Promise<Outcome> {
  const identifiers = identifiersOf(options.texts("of"));
  const control = options.text("control");
  const files = options.texts("files");
  if (control === undefined && files.length === 0) {
    throw new CliError("cli/usage", "--control is needed for `mailbox serve`, or --files for another broker");
  }
  const found = [
    ...(control === undefined ? [] : inMemory(await recordsOf(control), identifiers)),
    ...(await inFiles(files, identifiers)),
  ];
  for (const { where, what } of found) terminal.say(`${where}\t${what}`);
  return { json: { ok: true, found } };
}

/** All that the running mailbox has about anybody. */
async function recordsOf(path: string): Promise<MailboxRecord[]> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of connect(path) as AsyncIterable<Buffer>) chunks.push(chunk);
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as MailboxRecord[];
  } catch (cause) {
    throw new CliError("cli/not-found", `no mailbox answers at ${path}`, {
      cause,
      hint: "Start it with `doorward mailbox serve --control` and the same path.",
    });
  }
}

function inMemory(records: readonly MailboxRecord[], identifiers: readonly Identifier[]): Found[] {
  return records.flatMap((record) => {
    const values = [record.address, record.inbox, record.topic].filter((value) => value !== undefined);
    const isAbout = identifiers.length === 0 || identifiers.some((one) => values.some((value) => one.isIn(value)));
    return isAbout ? [{ where: `memory: ${record.store}`, what: JSON.stringify(record) }] : [];
  });
}

async function inFiles(paths: readonly string[], identifiers: readonly Identifier[]): Promise<Found[]> {
  const found: Found[] = [];
  for (const path of paths) {
    const isFolder = (await stat(path)).isDirectory();
    const inside = isFolder ? await readdir(path, { recursive: true, withFileTypes: true }) : [];
    const files = isFolder ? inside.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name)) : [path];
    for (const file of files) {
      const bytes = new Uint8Array(await readFile(file));
      const isAbout = identifiers.length === 0 || identifiers.some((identifier) => identifier.isInBytes(bytes));
      if (isAbout) found.push({ where: file, what: `${bytes.length} bytes` });
    }
  }
  return found;
}
