import { HIDDEN_CHARACTER } from "../hidden-characters.ts";
import { type Shape, text, where } from "../shape.ts";

/** Text that looks the same to everybody: composed (NFC), no control characters, none that turns the direction. */
export const isPlainText = (value: string): boolean =>
  !HIDDEN_CHARACTER.test(value) && value.normalize("NFC") === value;

/** A line that must not be empty: who asks, who vouched. */
export const plainLine = (maxCodePoints: number): Shape<string> =>
  where(text(maxCodePoints), (value) => value.length > 0 && isPlainText(value), "not a plain text");
