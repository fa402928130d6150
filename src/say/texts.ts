/** Groups of four hex digits, as two people read them to each other over the telephone. */
export function sayFingerprint(digestHex: string): string {
  return (digestHex.slice(0, 32).match(/.{4}/g) ?? []).join(" ");
}

/** Text from another party, made safe for a page or a terminal: no control, bidi or line-breaking characters. */
export function sayForeign(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\u{fffd}");
}
