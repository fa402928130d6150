import { bytesOfMapKey, mapKey } from "./map-key.ts";

interface OpenRequest {
  /** Of what an extension has to repeat. */
  readonly subject: string;
  /** Unix seconds. */
  readonly expires: number;
}

const SWEEP_SECONDS = 6 * 3_600;

/** Requests that have not expired: only they can be replayed or extended. */
export class OpenRequests {
  readonly #byDigest = new Map<string, OpenRequest>();
  #sweptAt = 0;

  static of(list: readonly (OpenRequest & { readonly digest: Uint8Array })[]): OpenRequests {
    const requests = new OpenRequests();
    for (const { digest, subject, expires } of list) requests.#byDigest.set(mapKey(digest), { subject, expires });
    return requests;
  }

  /** All that have not expired at this time, in the order of the log. */
  list(at: number): (OpenRequest & { readonly digest: Uint8Array })[] {
    return [...this.#byDigest].flatMap(([name, open]) =>
      open.expires > at ? [{ digest: bytesOfMapKey(name), ...open }] : [],
    );
  }

  find(digest: Uint8Array, at: number): OpenRequest | null {
    const found = this.#byDigest.get(mapKey(digest));
    return found !== undefined && found.expires > at ? found : null;
  }

  add(digest: Uint8Array, subject: string, expires: number, at: number): void {
    this.#byDigest.set(mapKey(digest), { subject, expires });
    if (at - this.#sweptAt < SWEEP_SECONDS) return;
    this.#sweptAt = at;
    for (const [name, open] of this.#byDigest) if (open.expires <= at) this.#byDigest.delete(name);
  }
}
