export interface WebConfig {
  readonly on: boolean;
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** DNS names and IP addresses under which phones open the app; the first is the one that links name. Empty: this machine's name. */
  readonly names: readonly string[];
  /** A certificate from elsewhere (PEM); null: plain HTTP on loopback, the device's own authority anywhere else. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
  /** Folder of the built app; null: the one that comes with the program. */
  readonly appDir: string | null;
  /** Other origins that may hold the app: they may fetch clips and open the broker. */
  readonly origins: readonly string[];
}
