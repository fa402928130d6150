export interface PageHeaderOptions {
  /** As the request names this server. */
  readonly host: string;
  readonly secure: boolean;
  /** Origins of brokers that the app may connect to, ws:// or wss://. */
  readonly brokers: readonly string[];
  /** The certificate is one that browsers trust by themselves: only then may they be told never to take plain HTTP. */
  readonly publicCertificate: boolean;
}

/** What the page may do: load from here alone, connect to this device and the household's broker alone. */
export function contentPolicy({ host, secure, brokers }: PageHeaderOptions): string {
  const socket = `${secure ? "wss" : "ws"}://${host}`; // older WebKit does not count sockets as 'self'
  const rules = {
    "default-src": "'self'",
    "connect-src": [...new Set(["'self'", socket, ...brokers])].join(" "),
    "img-src": "'self' blob: data:",
    "media-src": "'self' blob:",
    "worker-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
  };
  return Object.entries(rules)
    .map(([name, value]) => `${name} ${value}`)
    .join("; ");
}

export function pageHeaders(options: PageHeaderOptions): Readonly<Record<string, string>> {
  return {
    "content-security-policy": contentPolicy(options),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(self), geolocation=(self), payment=(), usb=()",
    ...(options.publicCertificate ? { "strict-transport-security": "max-age=31536000" } : {}),
  };
}
