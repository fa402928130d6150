import { readFile } from "node:fs/promises";
import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { toHex } from "../../protocol/bytes.ts";
import { parseLogPolicy } from "../../protocol/tlog/checkpoint.ts";
import { checkCard, createCard } from "../../recipient/card.ts";
import { parseBrokerUrl } from "../broker-url.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { CliError } from "../errors.ts";
import { readQuorum } from "../quorum.ts";
import { explainCard } from "../recipient/init.ts";
import { RequesterHome } from "../requester-home.ts";
import { fields } from "../table.ts";
import { fingerprint } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { options, terminal } = invocation;
  const mailbox = options.needed("mailbox");
  parseBrokerUrl(mailbox);
  const url = registerUrl(options.needed("register"));
  const witnesses = options.texts("witness");
  const quorum = readQuorum(options, witnesses);
  const register = { url, logKey: options.needed("key"), witnesses, quorum };
  const { origin } = parseLogPolicy(nodeCrypto, register);
  const caFile = options.text("ca");
  const ca = caFile === undefined ? null : await readFile(caFile, "utf8");
  const [agency, officer] = [options.needed("agency").normalize("NFC"), options.needed("officer").normalize("NFC")];
  const name = options.text("name") ?? agency;
  const { card, secrets } = await createCard(nodeCrypto, { name, url: mailbox, ca }).catch(explainCard);
  const home = new RequesterHome(invocation);
  const requester = toHex((await home.create({ agency, officer, register }, secrets, card)).publicKey);
  terminal.say("You have a requester's keys now.");
  terminal.say();
  terminal.say(
    fields([
      ["keys", home.dir],
      ["register", origin],
      ["agency", agency],
      ["requester", fingerprint(requester)],
      ["mailbox", mailbox],
    ]),
  );
  terminal.say();
  terminal.say("Next: `doorward requester accredit`, and give what it prints to the register's operator.");
  const recipient = toHex(checkCard(nodeCrypto, card).digest);
  return { json: { ok: true, home: home.dir, register: origin, requester, agency, officer, mailbox, recipient } };
}

function registerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "" || url.username !== "") {
    throw new CliError("cli/usage", `"${text}" is no address of a register`, { hint: "Write https://host/path." });
  }
  return text.replace(/\/+$/, "");
}
