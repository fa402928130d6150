/**
 * Finds words that press or threaten, also when they are written to slip through: in other letters that look alike, in
 * wide or bold letters, with accents, with something between the letters. Steps: docs/protocol.md, "Requests".
 */

/** Letters and digits of other alphabets that pass for a Latin letter; the Latin `l` and the digit 1 pass for `i`. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  // Latin
  l: "i",
  ı: "i",
  ł: "i",
  ø: "o",
  đ: "d",
  ħ: "h",
  ß: "ss",
  æ: "ae",
  œ: "oe",
  // digits and signs
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "8": "b",
  "@": "a",
  $: "s",
  // Cyrillic
  а: "a",
  в: "b",
  е: "e",
  з: "e",
  к: "k",
  м: "m",
  н: "h",
  о: "o",
  р: "p",
  с: "c",
  т: "t",
  у: "y",
  х: "x",
  ѕ: "s",
  і: "i",
  ј: "j",
  ԁ: "d",
  ԛ: "q",
  ԝ: "w",
  һ: "h",
  ӏ: "i",
  // Greek
  α: "a",
  β: "b",
  ε: "e",
  η: "n",
  ι: "i",
  κ: "k",
  μ: "m",
  ν: "v",
  ο: "o",
  ρ: "p",
  σ: "s",
  ς: "s",
  τ: "t",
  υ: "u",
  χ: "x",
  ω: "w",
};

const FOLDED_CHARACTER = new RegExp(`[${Object.keys(LOOKALIKES).join("")}]`, "gu");
/** Accents, and characters without a width of their own. */
const INVISIBLE = /[\p{M}\p{Cf}]/gu;
const BETWEEN_WORDS = /[^\p{L}\p{N}]+/gu;
/** Three or more single letters in a row: "a r r e s t". */
const SPACED_LETTERS = /(?<= )(?:[\p{L}\p{N}] ){3,}/gu;

/** ASCII characters folded; 32 stands for what is between words. */
const FOLDED_ASCII = Uint8Array.from({ length: 128 }, (_, code) => {
  const lower = String.fromCharCode(code).toLowerCase();
  const folded = LOOKALIKES[lower] ?? lower;
  return /[\p{L}\p{N}]/u.test(folded) ? folded.charCodeAt(0) : 32;
});

/** The words of a text in their folded spelling, a space before and after each. */
export function foldWords(text: string): string {
  return (foldAscii(text) ?? foldAny(text)).replace(SPACED_LETTERS, (letters) => `${letters.replaceAll(" ", "")} `);
}

/** The same as {@link foldAny} for the texts that most are, in a tenth of the time; null for any other. */
function foldAscii(text: string): string | null {
  const codes: number[] = [32];
  for (let i = 0; i < text.length; i += 1) {
    const folded = FOLDED_ASCII[text.charCodeAt(i)];
    if (folded === undefined) return null;
    if (folded !== 32 || codes.at(-1) !== 32) codes.push(folded);
  }
  if (codes.at(-1) !== 32) codes.push(32);
  return String.fromCharCode(...codes);
}

function foldAny(text: string): string {
  const plain = text.normalize("NFKD").toLowerCase().normalize("NFKD").replace(INVISIBLE, "");
  const folded = plain.replace(FOLDED_CHARACTER, (character) => LOOKALIKES[character] ?? character);
  return ` ${folded} `.replace(BETWEEN_WORDS, " ");
}

interface SoughtWord {
  readonly word: string;
  /** Folded, with the space before it; and with the one after it unless any ending will do. */
  readonly folded: string;
}

/** A space, and the two characters that a sought word has at least. */
const SHORTEST = 3;

/** Where a word begins in a folded text, as one number. */
const beginning = (folded: string, space: number): number =>
  folded.charCodeAt(space + 1) * 65_536 + folded.charCodeAt(space + 2);

/** The pressing words of one set of rules, made ready once. */
export class PressingWords {
  /** By the two characters that they begin with. */
  readonly #sought = new Map<number, SoughtWord[]>();

  /** @param words - Those of fewer than two letters or digits are never found. */
  constructor(words: readonly string[]) {
    for (const word of words) {
      const whole = foldWords(word.endsWith("*") ? word.slice(0, -1) : word);
      if (whole.trimEnd().length < SHORTEST) continue;
      const folded = word.endsWith("*") ? whole.trimEnd() : whole;
      const first = beginning(folded, 0);
      this.#sought.set(first, [...(this.#sought.get(first) ?? []), { word, folded }]);
    }
  }

  /** A word of the list that the text has, the one that comes first in the text, or null. */
  findIn(text: string): string | null {
    const folded = foldWords(text);
    for (let space = 0; space >= 0; space = folded.indexOf(" ", space + 1)) {
      const found = this.#sought
        .get(beginning(folded, space))
        ?.find((sought) => folded.startsWith(sought.folded, space));
      if (found !== undefined) return found.word;
    }
    return null;
  }
}
