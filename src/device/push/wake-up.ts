import { once } from "node:events";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import webPush from "web-push";
import { utf8 } from "../../protocol/bytes.ts";
import { PushError } from "./errors.ts";
import { publicLookup, readEndpoint } from "./public-address.ts";
import type { Subscription, VapidKeys } from "./subscriptions.ts";

/** All that a push ever says, 32 bytes: ring and daily report are one to whoever carries it, also by size, life and urgency. */
export const WAKE_UP = utf8("Doorward: look at your doorbell.");
const LIFE_SECONDS = 86_400;
const ANSWER_WITHIN_MS = 10_000;
/** RFC 8292 wants to know whom to write to; this is nobody. */
const NO_CONTACT = "mailto:doorbell@doorward.invalid";

export interface WakeUpOptions {
  readonly keys: VapidKeys;
  /** mailto: or https:; empty: none. */
  readonly contact: string;
  readonly allowPrivate: boolean;
  /** PEM; a push server of one's own may have an authority of its own. */
  readonly ca?: string;
}

/**
 * Sends one wake-up. No redirect is followed.
 * @throws PushError `push/gone`, `push/refused`, `push/unreachable`, `push/endpoint`.
 */
export async function sendWakeUp(
  subscription: Pick<Subscription, "kind" | "endpoint" | "p256dh" | "auth">,
  options: WakeUpOptions,
  signal: AbortSignal,
): Promise<void> {
  const url = readEndpoint(subscription.endpoint, options.allowPrivate);
  const { headers, body } = letterFor(subscription, options);
  const status = await post(url, headers, body, options, signal);
  if (status === 404 || status === 410) throw new PushError("push/gone", `answer ${status}`);
  if (status === 429 || status >= 500) throw new PushError("push/unreachable", `answer ${status}`);
  if (status < 200 || status > 299) throw new PushError("push/refused", `answer ${status}`);
}

interface Letter {
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Uint8Array;
}

function letterFor({ kind, endpoint, p256dh, auth }: Parameters<typeof sendWakeUp>[0], options: WakeUpOptions): Letter {
  if (kind === "plain")
    return { headers: { "content-type": "text/plain", "content-length": WAKE_UP.length }, body: WAKE_UP };
  try {
    const { headers, body } = webPush.generateRequestDetails(
      { endpoint, keys: { p256dh: p256dh ?? "", auth: auth ?? "" } },
      Buffer.from(WAKE_UP),
      {
        TTL: LIFE_SECONDS,
        urgency: "high",
        contentEncoding: "aes128gcm",
        vapidDetails: { subject: options.contact === "" ? NO_CONTACT : options.contact, ...options.keys },
      },
    );
    return { headers, body: new Uint8Array(body ?? []) };
  } catch (cause) {
    throw new PushError("push/endpoint", "the phone's keys are none", { cause });
  }
}

async function post(
  url: URL,
  headers: Letter["headers"],
  body: Uint8Array,
  { allowPrivate, ca }: WakeUpOptions,
  signal: AbortSignal,
): Promise<number> {
  const options = {
    method: "POST",
    headers,
    agent: false as const,
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    ...(allowPrivate ? {} : { lookup: publicLookup }),
  };
  const asked =
    url.protocol === "http:"
      ? requestHttp(url, options)
      : requestHttps(url, { ...options, ...(ca === undefined ? {} : { ca }) });
  try {
    asked.end(body);
    const [reply] = (await once(asked, "response")) as [IncomingMessage];
    reply.on("error", () => {}).destroy(); // whatever it says beyond its status
    return reply.statusCode ?? 0;
  } catch (cause) {
    if (cause instanceof PushError) throw cause;
    throw new PushError("push/unreachable", "no answer", { cause });
  } finally {
    asked.on("error", () => {}).destroy();
  }
}
