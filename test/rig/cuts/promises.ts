import { readFileSync } from "node:fs";
import { PromisedShares } from "../../crash/promised-shares.ts";
import type { ReleaseBook } from "../../crash/releases.ts";

export type Promised =
  | { readonly kind: "kept"; readonly clip: string; readonly key: string }
  | { readonly kind: "closed"; readonly clip: string }
  | { readonly kind: "accepted" | "undone" | "released"; readonly token: string };

/** A promise, and how many events the disk had seen when it was given. */
export type TimedPromise = Promised & { readonly at: number };

/** What the witness inside the daemon wrote; a line that a kill cut short is left out. */
export const readPromises = (path: string): TimedPromise[] => parsePromises(readFileSync(path, "utf8"));

export function parsePromises(text: string): TimedPromise[] {
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line): TimedPromise => {
    const [at = "", kind = "", name = "", lane, index] = line.split(" ");
    const when = { at: Number(at) };
    if (kind === "kept") return { ...when, kind, clip: name, key: `${lane}/${index}` };
    if (kind === "closed") return { ...when, kind, clip: name };
    if (kind === "released") return { ...when, kind, token: name };
    throw new Error(`no promise: ${line}`);
  });
}

/** Notes when the owner was told that a consent stands, or that it is undone. */
export class TimedShares extends PromisedShares {
  readonly promises: TimedPromise[] = [];
  readonly #now: () => number;

  constructor(before: ReleaseBook, now: () => number) {
    super(before);
    this.#now = now;
  }

  override accepted(token: string): void {
    this.promises.push({ at: this.#now(), kind: "accepted", token });
    super.accepted(token);
  }

  override undone(token: string): void {
    this.promises.push({ at: this.#now(), kind: "undone", token });
    super.undone(token);
  }
}
