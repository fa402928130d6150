import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { MirrorError } from "./errors.ts";

const ANSWER_WITHIN_MS = 30_000;

/** Fetches one file; null where there is none. @throws MirrorError `mirror/unreachable`, `mirror/status`, `mirror/too-large`. */
export type HttpGet = (url: string, maxBytes: number, signal: AbortSignal) => Promise<Uint8Array | null>;

/**
 * The same bytes from every doorbell: no cookie, no date of an earlier copy, no language, no redirect that could be another one for
 * each home. A new connection for each file, so that nothing ties two fetches together but the address.
 */
export const httpGet: HttpGet = (url, maxBytes, signal) => {
  const request = new URL(url).protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const fail = (error: MirrorError): void => {
      sent.destroy();
      reject(error);
    };
    const unreachable = (cause: unknown): void =>
      fail(new MirrorError("mirror/unreachable", "the register does not answer", { cause }));
    const sent = request(url, {
      agent: false,
      headers: { accept: "*/*", "user-agent": "doorward" },
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    sent.on("error", unreachable);
    sent.on("response", (response) => {
      if (response.statusCode === 404) {
        sent.destroy();
        resolve(null);
        return;
      }
      if (response.statusCode !== 200) {
        fail(new MirrorError("mirror/status", `the register answers with status ${response.statusCode}`));
        return;
      }
      const parts: Uint8Array[] = [];
      let length = 0;
      response.on("data", (part: Uint8Array) => {
        length += part.length;
        if (length > maxBytes) fail(new MirrorError("mirror/too-large", `more than ${maxBytes} bytes`));
        else parts.push(part);
      });
      response.on("aborted", () => unreachable(new Error("hung up")));
      response.on("error", unreachable);
      response.on("end", () => resolve(new Uint8Array(Buffer.concat(parts))));
    });
    sent.end();
  });
};
