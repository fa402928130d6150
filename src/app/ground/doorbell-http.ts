import type { HttpGet } from "../../owner/clip-fetcher.ts";

const NOTHING = (async function* () {})();

/** What a device's web server answers about clips; anything else is another server, which holds this app only. */
const DEVICE_STATUSES: readonly number[] = [200, 401, 404, 429];

/**
 * The web server of the doorbell, where this page came from. An app that was served from elsewhere finds none there, and
 * does not ask twice.
 */
export function doorbellHttp(): HttpGet {
  let isElsewhere = false;
  return async (path, authorization) => {
    if (isElsewhere) throw new Error("this page is not served by the doorbell");
    const response = await fetch(new URL(path, location.origin), {
      headers: { authorization },
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
    });
    const isAbout = response.headers.get("content-type") !== "text/html" && DEVICE_STATUSES.includes(response.status);
    if (!isAbout) isElsewhere = true;
    return { status: response.status, chunks: response.body === null ? NOTHING : chunksOf(response.body) };
  };
}

async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncIterable<Uint8Array> {
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
