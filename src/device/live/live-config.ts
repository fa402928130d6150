/** What the live view is told. Plain values: the configuration fills them. */

export type SpeakerConfig =
  | { readonly kind: "off" }
  /** An ALSA device by name. */
  | { readonly kind: "alsa"; readonly device: string }
  /** What would be heard, as raw 16-bit mono at 48 kHz in a file; at most 16 MiB. */
  | { readonly kind: "simulated"; readonly file: string };

/** Where both ends may find each other from outside the home. */
export interface RelayConfig {
  /** `turn:`, `turns:` or `stun:` URLs. */
  readonly urls: readonly string[];
  /** File with coturn's `static-auth-secret`: each view gets credentials of its own that end by themselves. */
  readonly secretFile: string | null;
}

export interface LiveConfig {
  readonly on: boolean;
  readonly speaker: SpeakerConfig;
  readonly relay: RelayConfig;
  /** A view ends after this long. */
  readonly longestMs: number;
  readonly ffmpegPath: string;
}
