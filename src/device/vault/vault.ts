import type { Lane } from "../../protocol/clip-keys.ts";
import type {
  CheckOptions,
  CheckReport,
  ClipHead,
  ClipOpening,
  ClipRow,
  OpenClip,
  VaultConfig,
  VaultPorts,
  VaultUsage,
} from "./types.ts";

/** Sealed clips on the card: one append-only file each, and a catalog that the files alone can rebuild. */
export declare class Vault {
  constructor(config: VaultConfig, ports: VaultPorts);
  /** Opens (or rebuilds) the catalog, signs clips that a power cut ended, applies retention. */
  start(signal?: AbortSignal): Promise<void>;
  stop(): Promise<void>;
  /** UTC day number a clip opened now would carry: today, never below the last day on disk. */
  today(): number;
  openClip(opening: ClipOpening): Promise<OpenClip>;
  /** Newest first. */
  list(query?: { readonly sinceDay?: number; readonly limit?: number }): ClipRow[];
  /** The catalog row of one clip, or null when it is gone. */
  find(id: Uint8Array): ClipRow | null;
  head(id: Uint8Array): Promise<ClipHead>;
  /** The ciphertext, its hash compared with the leaf beside it. */
  readFragment(id: Uint8Array, lane: Lane, index: number): Promise<Uint8Array>;
  /** Ciphertexts of indexes first to end-1, in order, one at a time. */
  readRange(id: Uint8Array, lane: Lane, first: number, end: number): AsyncIterable<Uint8Array>;
  pin(id: Uint8Array): Promise<void>;
  unpin(id: Uint8Array): Promise<void>;
  erase(id: Uint8Array): Promise<void>;
  /** Erases unpinned clips out of retention or beyond the quota; runs by itself at start and when a clip opens. */
  enforceRetention(): Promise<number>;
  usage(): VaultUsage;
  check(options?: CheckOptions): Promise<CheckReport>;
}
