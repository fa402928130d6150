import { CliError } from "./errors.ts";
import type { Options } from "./options.ts";

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** @throws CliError `cli/usage` when only one of the two is given. */
export function tlsFiles(options: Options): TlsFiles | null {
  const certFile = options.text("tlsCert");
  const keyFile = options.text("tlsKey");
  if (certFile === undefined && keyFile === undefined) return null;
  if (certFile === undefined || keyFile === undefined) {
    throw new CliError("cli/usage", "--tls-cert and --tls-key go together");
  }
  return { certFile, keyFile };
}
