/** What a server exports. Every call has happened when it returns; what survives a power cut is what {@link flush} has covered. */
export interface Disk {
  readonly size: number;
  read(offset: number, length: number): Uint8Array;
  /** @param isDurable - Survives without a flush (FUA). */
  write(offset: number, bytes: Uint8Array, isDurable: boolean): void;
  zero(offset: number, length: number, isDurable: boolean): void;
  flush(): void;
}
