import { setTimeout as sleep } from "node:timers/promises";
import { nodeCrypto } from "../device/platform/node-crypto.ts";
import { ProtocolError } from "../protocol/errors.ts";
import type { FollowedRegister } from "../protocol/register/follow-register.ts";
import type { TileSource } from "../protocol/tlog/tiles.ts";
import type { ComposedStatement, ComposePorts } from "../requester/compose.ts";
import { RequesterError } from "../requester/errors.ts";
import { proveInclusion } from "../requester/own-requests.ts";
import { submitStatement } from "../requester/submit.ts";
import { withDeadline } from "./deadline.ts";
import type { Invocation } from "./definition.ts";
import { CliError } from "./errors.ts";
import { httpPost } from "./http-post.ts";
import type { RequesterHome } from "./requester-home.ts";

/** Until witnesses have cosigned a checkpoint with the new entry in it. */
const IN_LOG_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 500;

export interface Published {
  readonly index: number;
  /** Unix seconds. */
  readonly at: number;
  /** c2sp.org/tlog-proof. */
  readonly proof: Uint8Array;
}

/** Judges by the newest log, sends, and waits until the log shows it and proves it. */
export async function publish(
  { terminal, signal }: Invocation,
  home: RequesterHome,
  compose: (ports: ComposePorts, followed: FollowedRegister) => Promise<ComposedStatement>,
): Promise<Published & { readonly statement: ComposedStatement }> {
  const progress = terminal.progress("Reading the register");
  try {
    const { register } = await home.profile();
    const nowSeconds = Math.floor(Date.now() / 1000);
    const followed = await home.follow(signal, nowSeconds);
    const signer = await home.signer();
    const ports = { crypto: nodeCrypto, signer, book: followed.book, nowSeconds };
    const statement = await compose(ports, followed).catch(explainForm);
    const { index, at } = await submitStatement(httpPost(signal), register.url, statement);
    progress.update(0, 0, "waiting for the log");
    const seen = await inLog(home, index, signal);
    return { statement, index, at, proof: await proveInclusion(nodeCrypto, seen, seen.source, index) };
  } finally {
    progress.end();
  }
}

async function inLog(
  home: RequesterHome,
  index: number,
  signal: AbortSignal,
): Promise<FollowedRegister & { readonly source: TileSource }> {
  const deadline = withDeadline(signal, IN_LOG_WITHIN_MS);
  for (;;) {
    const followed = await home.follow(signal, Math.floor(Date.now() / 1000));
    if (followed.checkpoint.size > index) return followed;
    await sleep(LOOK_EVERY_MS, undefined, { signal: deadline }).catch(() => undefined);
    if (signal.aborted) throw new CliError("cli/interrupted", "stopped before the log showed it");
    if (deadline.aborted) throw new RequesterError("requester/not-in-log", `entry ${index} is not in the log yet`);
  }
}

/** A member that no statement can have: said by a person, so told to one. */
function explainForm(error: unknown): never {
  if (!(error instanceof ProtocolError)) throw error;
  throw new CliError("cli/usage", `a request cannot say this: ${error.message}`, {
    cause: error,
    hint: "Names and the case number are one line of plain text; the text has at most 280 characters.",
  });
}
