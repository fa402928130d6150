import { readFile } from "node:fs/promises";
import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import type { Verdict } from "../../recipient/verdict.ts";
import { verifyShare } from "../../recipient/verify-share.ts";
import { withDeadline } from "../deadline.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { CliError, EXIT } from "../errors.ts";
import { receiveInto } from "../inbox-session.ts";
import type { Progress } from "../progress.ts";
import { RecipientHome } from "../recipient-home.ts";
import type { Terminal } from "../terminal.ts";
import { verdictJson } from "../verdict-words.ts";
import { shortId } from "../words.ts";

/** Timers hold 2^31 - 1 ms; a longer one would ring at once. */
const LONGEST_WAIT_SECONDS = 24 * 86_400;

export interface AboutShare {
  readonly lines: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
}

const NOTHING_MORE: AboutShare = { lines: [], json: {} };

interface Received {
  readonly file: string;
  readonly verdict: Verdict;
  readonly more: AboutShare;
}

export function run(invocation: Invocation): Promise<Outcome> {
  return receiveShares(invocation, new RecipientHome(invocation));
}

/** @param about - What else there is to say of a share: more lines for a person, more members for a script. */
export async function receiveShares(
  invocation: Invocation,
  home: RecipientHome,
  about: (share: Uint8Array) => Promise<AboutShare> = async () => NOTHING_MORE,
): Promise<Outcome> {
  const { options, terminal, signal } = invocation;
  const once = options.flag("once");
  if (once && options.flag("watch")) throw new CliError("cli/usage", "--once and --watch exclude each other");
  const seconds = options.integer("timeout", { min: 1, max: LONGEST_WAIT_SECONDS });
  const enough = new AbortController();
  const shown = new DeliveryProgress(terminal);
  const verifying: Promise<Received>[] = [];

  const events = {
    onReady: () => terminal.note(once ? "Waiting for a share …" : "Waiting for shares; Ctrl-C ends."),
    onLost: () => terminal.note("The broker is gone; trying again."),
    onProgress: (delivery: string, next: number, chunks: number) => shown.update(delivery, next, chunks),
    onError: (error: unknown) => terminal.note(`Not stored: ${error instanceof Error ? error.message : String(error)}`),
    onShare: (delivery: string) => {
      shown.end(delivery);
      verifying.push(verified(home, delivery, terminal, about));
      if (once) enough.abort();
    },
  };
  const stopped = AbortSignal.any([signal, enough.signal]);
  await receiveInto(home, events, seconds === undefined ? stopped : withDeadline(stopped, seconds * 1000));
  const received = await Promise.all(verifying);
  if (once && received.length === 0) throw nothingCame(signal.aborted, seconds);
  const shares = received.map(({ file, verdict, more }) => ({ file, ...verdictJson(verdict), ...more.json }));
  const allOk = received.every(({ verdict }) => verdict.verdict === "ok");
  return { json: once ? shares[0] : { ok: allOk, shares }, exit: allOk ? EXIT.ok : EXIT.notVerified };
}

async function verified(
  home: RecipientHome,
  delivery: string,
  terminal: Terminal,
  about: (share: Uint8Array) => Promise<AboutShare>,
): Promise<Received> {
  const file = home.storage.sharePath(delivery);
  const share = new Uint8Array(await readFile(file));
  const verdict = verifyShare(nodeCrypto, share, await home.secrets(), { card: (await home.card()).envelope });
  terminal.say(file);
  terminal.say(`  ${verdict.text}`);
  const more = await about(share);
  for (const line of more.lines) terminal.say(`  ${line}`);
  return { file, verdict, more };
}

function nothingCame(interrupted: boolean, seconds: number | undefined): CliError {
  if (interrupted) return new CliError("cli/interrupted", "stopped before a share was whole");
  return new CliError("cli/no-answer", `no share came within ${seconds} seconds`, {
    hint: "The sender's doorbell waits out its undo window first, ten minutes as a rule. What has arrived so far is kept.",
  });
}

/** One line of progress for the delivery that moves. */
class DeliveryProgress {
  readonly #terminal: Terminal;
  #line: { readonly delivery: string; readonly progress: Progress } | null = null;
  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  update(delivery: string, next: number, chunks: number): void {
    if (this.#line?.delivery !== delivery) {
      this.#line?.progress.end();
      this.#line = { delivery, progress: this.#terminal.progress(`Receiving ${shortId(delivery)}`) };
    }
    this.#line.progress.update(next, chunks);
  }

  end(delivery: string): void {
    if (this.#line?.delivery !== delivery) return;
    this.#line.progress.end();
    this.#line = null;
  }
}
