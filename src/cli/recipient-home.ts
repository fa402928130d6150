import { join } from "node:path";
import { readFileIfThere } from "../device/platform/durable-file.ts";
import { nodeCrypto } from "../device/platform/node-crypto.ts";
import { type CheckedCard, checkCard, decodeSecrets, encodeSecrets, type RecipientSecrets } from "../recipient/card.ts";
import type { Invocation } from "./definition.ts";
import { CliError } from "./errors.ts";
import { InboxFileStorage } from "./inbox-storage.ts";
import { claimPrivateFile, homeDir, makePrivateDir, writePrivateFile } from "./private-dir.ts";

const KEYS_FILE = "keys.json";
const CARD_FILE = "recipient.card";

/** A recipient's folder: keys, card, and what has arrived. */
export class RecipientHome {
  readonly dir: string;
  readonly storage: InboxFileStorage;

  /** @param role - A requester is a recipient too, in a folder of its own. */
  constructor(
    { options, environment }: Pick<Invocation, "options" | "environment">,
    role: "recipient" | "requester" = "recipient",
  ) {
    this.dir = homeDir(options.text("home"), role, environment);
    this.storage = new InboxFileStorage(this.dir);
  }

  /** @throws CliError `cli/already-initialised`; the keys that exist stay. */
  async create(secrets: RecipientSecrets, card: Uint8Array): Promise<void> {
    await makePrivateDir(this.dir);
    const keysPath = join(this.dir, KEYS_FILE);
    if (
      (await readFileIfThere(join(this.dir, CARD_FILE))) !== undefined ||
      !(await claimPrivateFile(keysPath, encodeSecrets(secrets)))
    ) {
      throw new CliError("cli/already-initialised", `${this.dir} holds a recipient's keys already`, {
        hint: "They are never overwritten. Use another --home for another recipient.",
      });
    }
    await writePrivateFile(join(this.dir, CARD_FILE), card);
    await this.storage.prepare();
  }

  /** @throws CliError `cli/no-recipient`. */
  async secrets(): Promise<RecipientSecrets> {
    const secrets = await this.secretsIfThere();
    if (secrets === null) throw new CliError("cli/no-recipient", `${this.dir} holds no recipient's keys`);
    return secrets;
  }

  async secretsIfThere(): Promise<RecipientSecrets | null> {
    const bytes = await readFileIfThere(join(this.dir, KEYS_FILE));
    return bytes === undefined ? null : decodeSecrets(bytes);
  }

  async card(): Promise<CheckedCard & { readonly envelope: Uint8Array }> {
    const envelope = await readFileIfThere(join(this.dir, CARD_FILE));
    if (envelope === undefined) throw new CliError("cli/no-recipient", `${this.dir} holds no recipient's card`);
    return { envelope, ...checkCard(nodeCrypto, envelope) };
  }
}
