import { renderUnicodeCompact } from "uqr";

const INVERSE = "\u001b[30;47m";
const RESET = "\u001b[0m";

/** A QR code of block characters, dark on light whatever the terminal's colours are, so that every phone reads it. */
export function qrForTerminal(text: string, colours: boolean): string {
  const code = renderUnicodeCompact(text, { ecc: "L", border: 2, invert: colours });
  if (!colours) return code;
  return code
    .split("\n")
    .map((line) => `${INVERSE}${line}${RESET}`)
    .join("\n");
}
