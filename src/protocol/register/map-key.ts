/** A key or digest as a short text that tells it from others, for maps in memory: base64 would take ten times as long. */
export function mapKey(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The inverse of {@link mapKey}. */
export const bytesOfMapKey = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));
