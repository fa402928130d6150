/** A key or digest as a short text that tells it from others, for maps in memory: base64 would take ten times as long. */
export const mapKey = (bytes: Uint8Array): string => Reflect.apply(String.fromCharCode, null, bytes);

/** The inverse of {@link mapKey}. */
export const bytesOfMapKey = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => character.charCodeAt(0));
