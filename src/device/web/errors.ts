import { CodedError } from "../../protocol/errors.ts";

/** Code → what happened and what to do. */
export const webErrors = {
  "web/port":
    "The web server could not open its port: another program uses it, or the address is not this machine's. Set `port` or `host` in [web].",
  "web/certificate":
    "The certificate or key named in [web] cannot be used: check the files, that they belong together, and their rights.",
  "web/authority-damaged":
    "The web server's own authority (web/authority.json in the data directory) cannot be read: move it away and restart; phones then install the new one.",
} as const;
export type WebErrorCode = keyof typeof webErrors;

export class WebError extends CodedError<WebErrorCode> {
  override readonly name = "WebError";
}
