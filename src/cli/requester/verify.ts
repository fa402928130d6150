import { readFile } from "node:fs/promises";
import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { toHex } from "../../protocol/bytes.ts";
import {
  type BundleVerdict,
  bundleFailures,
  type RegisterKeys,
  verifyProofBundle,
} from "../../requester/proof-bundle.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { CliError, EXIT } from "../errors.ts";
import type { Options } from "../options.ts";
import { readQuorum } from "../quorum.ts";
import { areaText, windowText } from "../request-words.ts";
import { fields } from "../table.ts";
import { foreignText, localTime } from "../words.ts";

export async function run({ args, options, terminal }: Invocation): Promise<Outcome> {
  const trusted = keysFrom(options);
  const verdict = verifyProofBundle(nodeCrypto, new Uint8Array(await readFile(args[0] ?? "")), trusted);
  terminal.say(verdict.text);
  if (verdict.verdict !== "ok") {
    terminal.say(fields([["what is wrong", bundleFailures[verdict.verdict]]]));
    const { verdict: word, text } = verdict;
    return { json: { ok: false, verdict: word, text, meaning: bundleFailures[word] }, exit: EXIT.notVerified };
  }
  terminal.say(fields(rows(verdict)));
  if (trusted === null) {
    terminal.note("The register's keys came with the bundle: compare them with those that the");
    terminal.note("register publishes, or name them with --key and --witness. Whoever makes a");
    terminal.note("bundle can also make up a register.");
  }
  return { json: verdictJson(verdict, trusted !== null) };
}

function keysFrom(options: Options): RegisterKeys | null {
  const logKey = options.text("key");
  const witnesses = options.texts("witness");
  if (logKey === undefined) {
    if (witnesses.length > 0) throw new CliError("cli/usage", "--witness goes with --key");
    return null;
  }
  const quorum = readQuorum(options, witnesses);
  return { logKey, witnesses, quorum };
}

type Ok = Extract<BundleVerdict, { verdict: "ok" }>;

function rows({ request, index, at, keys, cosignatures, clip }: Ok): (readonly [string, string])[] {
  return [
    ["asked by", `${foreignText(request.officer)}, ${foreignText(request.agency)}`],
    ["case", `${foreignText(request.caseNumber)}, ${request.offence}`],
    ["text", foreignText(request.text)],
    ["where", areaText(request.area)],
    ["when", windowText(request.window)],
    ["in the log", `entry ${index} of ${request.register}, ${localTime(at * 1000)}`],
    ["log key", keys.logKey],
    ["witnesses", cosignatures.length === 0 ? "none" : cosignatures.map(({ name }) => name).join(", ")],
    ["clip", toHex(clip)],
  ];
}

function verdictJson(
  { verdict, text, request, digest, index, at, keys, cosignatures, clip, lanes }: Ok,
  isTrusted: boolean,
) {
  const { agency, officer, caseNumber, offence, area, window, register } = request;
  return {
    ok: true,
    verdict,
    text,
    keys: isTrusted ? "given" : "from the bundle",
    register: { name: register, ...keys },
    request: {
      digest: toHex(digest),
      index,
      at,
      agency,
      officer,
      caseNumber,
      offence,
      text: request.text,
      area,
      window,
    },
    cosignatures,
    clip: toHex(clip),
    lanes,
  };
}
