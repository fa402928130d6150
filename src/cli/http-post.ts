import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { HttpPost } from "../requester/submit.ts";
import { withDeadline } from "./deadline.ts";

const ANSWER_WITHIN_MS = 30_000;
const MAX_ANSWER_BYTES = 65_536;

/** Sends a statement; no redirect is followed, since it would go to another register. */
export function httpPost(signal: AbortSignal): HttpPost {
  return (url, body) =>
    new Promise((resolve, reject) => {
      const request = new URL(url).protocol === "https:" ? requestHttps : requestHttp;
      const sent = request(url, {
        method: "POST",
        agent: false,
        headers: {
          "content-type": "application/octet-stream",
          "content-length": body.length,
          "user-agent": "doorward",
        },
        signal: withDeadline(signal, ANSWER_WITHIN_MS),
      });
      sent.on("error", reject);
      sent.on("response", (response) => {
        const parts: Uint8Array[] = [];
        let length = 0;
        response.on("data", (part: Uint8Array) => {
          length += part.length;
          if (length > MAX_ANSWER_BYTES) sent.destroy(new Error("the answer is too long"));
          else parts.push(part);
        });
        response.on("error", reject);
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, body: new Uint8Array(Buffer.concat(parts)) }),
        );
      });
      sent.end(body);
    });
}
