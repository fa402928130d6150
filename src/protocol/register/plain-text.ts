import { HIDDEN_CHARACTER } from "../hidden-characters.ts";
import { type Shape, text, where } from "../shape.ts";

/** More accents on one letter than any script has would cover the lines above and below. */
const PILE_OF_MARKS = /\p{M}{5}/u;

/** None of it is hidden, an accent, or to be composed: most texts need no further look. */
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** Text that looks the same to everybody and covers nothing else: composed (NFC), nothing hidden, no piles of accents. */
export const isPlainText = (value: string): boolean => PRINTABLE_ASCII.test(value) || isPlainUnicode(value);

const isPlainUnicode = (value: string): boolean =>
  !HIDDEN_CHARACTER.test(value) && !PILE_OF_MARKS.test(value) && value.normalize("NFC") === value;

/** A line that must not be empty: who asks, who vouched. */
export const plainLine = (maxCodePoints: number): Shape<string> =>
  where(text(maxCodePoints), (value) => value.length > 0 && isPlainText(value), "not a plain text");
