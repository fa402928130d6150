import { toBase64url } from "../bytes.ts";

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

  find(digest: Uint8Array, at: number): OpenRequest | null {
    const found = this.#byDigest.get(toBase64url(digest));
    return found !== undefined && found.expires > at ? found : null;
  }

  add(digest: Uint8Array, subject: string, expires: number, at: number): void {
    this.#byDigest.set(toBase64url(digest), { subject, expires });
    if (at - this.#sweptAt < SWEEP_SECONDS) return;
    this.#sweptAt = at;
    for (const [name, open] of this.#byDigest) if (open.expires <= at) this.#byDigest.delete(name);
  }
}
