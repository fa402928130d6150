import { readFile } from "node:fs/promises";
import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import { equalBytes, toHex } from "../../protocol/bytes.ts";
import { verifyShare } from "../../recipient/verify-share.ts";
import { RequesterError } from "../../requester/errors.ts";
import { ownRequests, proveInclusion } from "../../requester/own-requests.ts";
import { makeProofBundle, requestOfShare, verifyProofBundle } from "../../requester/proof-bundle.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { EXIT } from "../errors.ts";
import { writeOutputFile } from "../private-dir.ts";
import { RequesterHome } from "../requester-home.ts";
import { byteSize, shortId } from "../words.ts";

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, options, terminal, signal } = invocation;
  const out = options.needed("out");
  const home = new RequesterHome(invocation);
  const { publicKey } = await home.signer();
  const share = new Uint8Array(await readFile(args[0] ?? ""));
  const verdict = verifyShare(nodeCrypto, share, await home.recipient.secrets(), {
    card: (await home.recipient.card()).envelope,
  });
  if (verdict.verdict !== "ok") throw new RequesterError("requester/share-damaged", verdict.text);
  const digest = requestOfShare(nodeCrypto, share);
  const { register } = await home.profile();
  const followed = await home.follow(signal, Math.floor(Date.now() / 1000));
  const own = ownRequests(nodeCrypto, followed.memory, publicKey);
  const answered = digest === null ? undefined : own.find((request) => equalBytes(request.digest, digest));
  if (answered === undefined)
    throw new RequesterError("requester/not-an-answer", "the share answers no request of yours");
  const { url: _url, ...keys } = register;
  const inclusion = await proveInclusion(nodeCrypto, followed, followed.source, answered.index);
  const bundle = makeProofBundle(share, { keys, leaf: answered.leaf, inclusion });
  const checked = verifyProofBundle(nodeCrypto, bundle, keys);
  await writeOutputFile(out, bundle);
  const request = toHex(answered.digest);
  terminal.say(
    `${out} (${byteSize(bundle.length)}): the answer to request ${shortId(request)}, without picture, sound or keys.`,
  );
  terminal.say(checked.text);
  terminal.say("Anybody checks it with `doorward requester verify`, offline.");
  const ok = checked.verdict === "ok";
  return { json: { ok, file: out, request, text: checked.text }, exit: ok ? EXIT.ok : EXIT.notVerified };
}
