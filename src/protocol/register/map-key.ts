/** A key or digest as a short text that tells it from others, for maps in memory: base64 would take ten times as long. */
export const mapKey = (bytes: Uint8Array): string => Reflect.apply(String.fromCharCode, null, bytes);

/** The inverse of {@link mapKey}. */
export function bytesOfMapKey(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes;
}
