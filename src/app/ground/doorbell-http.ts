import type { HttpGet } from "../../owner/clip-fetcher.ts";
import { type BrokerUrl, parseBrokerUrls } from "../../protocol/link-login.ts";
import { canBeServedBy, socketsOf } from "./served-from.ts";

const NOTHING = (async function* () {})();

/** What a device's web server answers about clips; anything else is another server, which holds this app only. */
const DEVICE_STATUSES: readonly number[] = [200, 401, 404, 429];

/**
 * The web server of the doorbell, where this page came from. An app that was served from elsewhere asks none; where the
 * brokers are other people's, which tell nothing about that, it does not ask twice.
 * @param brokersOf - Of this home, as its pairing code names them.
 */
export function doorbellHttp(brokersOf: () => Promise<string>): HttpGet {
  let isElsewhere: boolean | null = null;
  return async (path, authorization) => {
    isElsewhere ??= !canBeServedBy(ownSockets(await brokersOf()));
    if (isElsewhere) throw new Error("this page is not served by the doorbell");
    const response = await fetch(new URL(path, location.origin), {
      headers: { authorization },
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
    });
    const [mediaType = ""] = (response.headers.get("content-type") ?? "").split(";");
    const isPage = mediaType.trim().toLowerCase() === "text/html";
    const isAbout = !isPage && DEVICE_STATUSES.includes(response.status);
    if (!isAbout) {
      isElsewhere = true;
      throw new Error("another server answers here");
    }
    return { status: response.status, chunks: response.body === null ? NOTHING : chunksOf(response.body) };
  };
}

/** With a broker of the household's own choice the doorbell's web server is not among them; its login is in the code. */
const ownSockets = (brokers: string): BrokerUrl[] =>
  socketsOf(parseBrokerUrls(brokers)).filter(({ login }) => login === null);

async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncIterable<Uint8Array> {
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
