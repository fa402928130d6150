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

/** The words of a text in their folded spelling, a space before and after each. */
export function foldWords(text: string): string {
  const plain = text.normalize("NFKD").toLowerCase().normalize("NFKD").replace(INVISIBLE, "");
  const folded = plain.replace(FOLDED_CHARACTER, (character) => LOOKALIKES[character] ?? character);
  return ` ${folded} `
    .replace(BETWEEN_WORDS, " ")
    .replace(SPACED_LETTERS, (letters) => `${letters.replaceAll(" ", "")} `);
}

interface SoughtWord {
  readonly word: string;
  /** Folded; a space at its end unless any ending will do. */
  readonly folded: string;
}

/** The pressing words of one set of rules, made ready once. */
export class PressingWords {
  readonly #sought: readonly SoughtWord[];

  constructor(words: readonly string[]) {
    this.#sought = words.flatMap((word) => {
      const folded = foldWords(word.endsWith("*") ? word.slice(0, -1) : word);
      if (folded.trim() === "") return [];
      return [{ word, folded: word.endsWith("*") ? folded.trimEnd() : folded }];
    });
  }

  /** The first word of the list that the text has, or null. */
  findIn(text: string): string | null {
    const folded = foldWords(text);
    return this.#sought.find((sought) => folded.includes(sought.folded))?.word ?? null;
  }
}
