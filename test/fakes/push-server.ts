import { createDecipheriv, createECDH, createPublicKey, type ECDH, hkdfSync, randomBytes, verify } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";

export interface Received {
  readonly path: string;
  readonly ttl: string | undefined;
  readonly urgency: string | undefined;
  /** As it came. */
  readonly body: Buffer;
  /** What the browser would have read; null where the body was not for it. */
  readonly plain: Buffer | null;
  /** Whether its sender showed the key that the browser subscribed with (RFC 8292). */
  readonly isVouched: boolean;
}

/** A push service and the browser behind it: takes RFC 8030 messages, checks VAPID (RFC 8292), decrypts RFC 8291. */
export class PushServer {
  readonly received: Received[] = [];
  /** What the next messages are answered. */
  status = 201;
  readonly #server: Server;
  readonly #browser: ECDH = createECDH("prime256v1");
  readonly #auth = randomBytes(16);
  #applicationKey: Uint8Array = new Uint8Array();
  #waiting: (() => void)[] = [];

  constructor() {
    this.#browser.generateKeys();
    this.#server = createServer((request, reply) => {
      void this.#take(request).then(() => reply.writeHead(this.status).end());
    });
  }

  async start(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  get origin(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  }

  /** As `PushManager.subscribe` gives it. */
  subscribe(applicationKey: Uint8Array): { endpoint: string; p256dh: string; auth: string } {
    this.#applicationKey = applicationKey;
    const p256dh = this.#browser.getPublicKey().toString("base64url");
    return { endpoint: `${this.origin}/browser`, p256dh, auth: this.#auth.toString("base64url") };
  }

  /** Settles once so many messages have come in all. */
  async has(count: number): Promise<readonly Received[]> {
    while (this.received.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.received;
  }

  async #take(request: IncomingMessage): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const { ttl, urgency, authorization } = request.headers;
    this.received.push({
      path: request.url ?? "",
      ttl: ttl as string | undefined,
      urgency: urgency as string | undefined,
      body,
      plain: this.#open(body),
      isVouched: this.#isVouched(authorization),
    });
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** RFC 8188, 2, with the keys of RFC 8291, 3.4. */
  #open(body: Buffer): Buffer | null {
    if (body.length < 21 + 65 + 17) return null;
    const salt = body.subarray(0, 16);
    const sender = body.subarray(21, 21 + (body[20] ?? 0));
    const shared = this.#browser.computeSecret(sender);
    const info = Buffer.concat([Buffer.from("WebPush: info\0"), this.#browser.getPublicKey(), sender]);
    const input = hkdf(shared, this.#auth, info, 32);
    const key = hkdf(input, salt, Buffer.from("Content-Encoding: aes128gcm\0"), 16);
    const nonce = hkdf(input, salt, Buffer.from("Content-Encoding: nonce\0"), 12);
    const record = body.subarray(21 + sender.length);
    const cipher = createDecipheriv("aes-128-gcm", key, nonce).setAuthTag(record.subarray(-16));
    const padded = Buffer.concat([cipher.update(record.subarray(0, -16)), cipher.final()]);
    return padded.subarray(0, padded.lastIndexOf(2));
  }

  #isVouched(authorization: string | undefined): boolean {
    const [, token = "", key = ""] = /^vapid t=([^,]+), ?k=(.+)$/.exec(authorization ?? "") ?? [];
    const [head = "", claims = "", signature = ""] = token.split(".");
    const raw = Buffer.from(key, "base64url");
    if (raw.length !== 65 || !raw.equals(this.#applicationKey)) return false;
    const [x, y] = [raw.subarray(1, 33).toString("base64url"), raw.subarray(33).toString("base64url")];
    const publicKey = createPublicKey({ key: { kty: "EC", crv: "P-256", x, y }, format: "jwk" });
    const said = JSON.parse(Buffer.from(claims, "base64url").toString()) as { aud?: unknown; exp?: unknown };
    const isSigned = verify(
      "sha256",
      Buffer.from(`${head}.${claims}`),
      { key: publicKey, dsaEncoding: "ieee-p1363" },
      Buffer.from(signature, "base64url"),
    );
    return isSigned && said.aud === this.origin && Number(said.exp) > Date.now() / 1000;
  }
}

const hkdf = (input: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Buffer =>
  Buffer.from(hkdfSync("sha256", input, salt, info, length));
