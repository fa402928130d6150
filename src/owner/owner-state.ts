/**
 * Everything an owner's app keeps, as plain JSON; bytes are unpadded base64url.
 * It holds secrets: storage must encrypt it or keep it readable by its owner only. The signing key is not in it.
 */
export interface OwnerState {
  readonly version: 1;
  /** Counts saves; {@link OwnerStorage.compareAndSave} compares it. */
  readonly revision: number;
  readonly days: DayChainState;
  readonly device: PairedDevice | null;
  /** Seeds of pinned clips by clip id (hex): these outlive their day. */
  readonly pinnedSeeds: Readonly<Record<string, string>>;
}

export interface DayChainState {
  /** UTC day number of `secret`; days before it can no longer be opened. */
  readonly firstDay: number;
  /** e_firstDay. */
  readonly secret: string;
  /** Last day whose public key the device has, or null before the first upload. */
  readonly uploadedThrough: number | null;
}

export interface PairedDevice {
  readonly deviceKey: string;
  readonly brokerUrls: readonly string[];
  readonly username: string;
  readonly password: string;
  readonly certificateSha256: string | null;
  readonly linkId: string;
  readonly sendKey: string;
  readonly receiveKey: string;
  /** Counters below this may have been used. */
  readonly sendReserved: number;
  readonly lastReceived: number;
}
