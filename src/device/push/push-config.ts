export interface PushConfig {
  readonly on: boolean;
  /** mailto: or https: address that push servers may write to; empty: none. */
  readonly contact: string;
  /** Whether push servers may be in the home's own network, and without TLS there. */
  readonly privateServers: boolean;
}
