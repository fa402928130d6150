/** Where an owner's app keeps what it can fetch again, by name; private as its state is. */
export interface Shelf {
  load(name: string): Promise<Uint8Array | null>;
  /** Replaces the whole content in one step. */
  save(name: string, bytes: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
}

/** Writes only what differs, so that looking twice leaves the same files as looking once. */
export async function saveIfChanged(
  shelf: Shelf,
  name: string,
  before: Uint8Array | null,
  bytes: Uint8Array,
): Promise<void> {
  const isSame = before !== null && before.length === bytes.length && before.every((byte, i) => byte === bytes[i]);
  if (!isSame) await shelf.save(name, bytes);
}
