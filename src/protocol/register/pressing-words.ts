/**
 * Finds words that press or threaten, also when they are written to slip through: in other letters that look alike, in
 * wide or bold letters, with accents, with something between the letters. Steps: docs/protocol.md, "Requests".
 */

/** Letters and digits of other alphabets that pass for a Latin letter; the Latin `l` and the digit 1 pass for `i`. */
const LOOKALIKES: Record<string, string> = {
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
  ɑ: "a",
  ɡ: "g",
  ɩ: "i",
  ʋ: "v",
  // Latin small capitals
  ᴀ: "a",
  ʙ: "b",
  ᴄ: "c",
  ᴅ: "d",
  ᴇ: "e",
  ꜰ: "f",
  ɢ: "g",
  ʜ: "h",
  ɪ: "i",
  ᴊ: "j",
  ᴋ: "k",
  ʟ: "i",
  ᴍ: "m",
  ɴ: "n",
  ᴏ: "o",
  ᴘ: "p",
  ʀ: "r",
  ꜱ: "s",
  ᴛ: "t",
  ᴜ: "u",
  ᴠ: "v",
  ᴡ: "w",
  ʏ: "y",
  ᴢ: "z",
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
  г: "r",
  ѵ: "v",
  ѡ: "w",
  ү: "y",
  // Armenian
  օ: "o",
  ս: "u",
  հ: "h",
  ո: "n",
  ց: "g",
  յ: "j",
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

/** Letters in a box or a circle that Unicode does not decompose: each alphabet's first. */
for (const first of [0x1f150, 0x1f170, 0x1f1e6]) {
  for (let i = 0; i < 26; i += 1) {
    const letter = String.fromCharCode(0x61 + i);
    LOOKALIKES[String.fromCodePoint(first + i)] = LOOKALIKES[letter] ?? letter;
  }
}

const FOLDED_CHARACTER = new RegExp(`[${Object.keys(LOOKALIKES).join("")}]`, "gu");
/** Accents, and characters without a width of their own. */
const INVISIBLE = /[\p{M}\p{Cf}]/gu;
const BETWEEN_WORDS = /[^\p{L}\p{N}]+/gu;

/** Stands for what is between words. */
const BETWEEN = 32;
/** ASCII characters folded. */
const FOLDED_ASCII = Uint8Array.from({ length: 128 }, (_, code) => {
  const lower = String.fromCharCode(code).toLowerCase();
  const folded = LOOKALIKES[lower] ?? lower;
  return /[\p{L}\p{N}]/u.test(folded) ? folded.charCodeAt(0) : BETWEEN;
});

/** The words of a text in their folded spelling, a space before and after each. */
export function foldWords(text: string): string {
  const plain = text.normalize("NFKD").toLowerCase().normalize("NFKD").replace(INVISIBLE, "");
  const folded = plain.replace(FOLDED_CHARACTER, (character) => LOOKALIKES[character] ?? character);
  return ` ${folded} `.replace(BETWEEN_WORDS, " ");
}

interface SoughtWord {
  readonly word: string;
  /** Folded, without what is between its words. */
  readonly letters: string;
  readonly hasAnyEnding: boolean;
}

/** Longer texts, which no request may have, go the long way. */
const MAX_ASCII_LENGTH = 2_048;

/** The letters of an ASCII text in their folded spelling, without what is between its words. One memory for all texts, since a log has many. */
const asciiLetters = {
  codes: new Uint8Array(MAX_ASCII_LENGTH),
  /** 1 where a word begins or ends: before the letter of that place, or after the last. */
  isBorder: new Uint8Array(MAX_ASCII_LENGTH + 1),
  count: 0,
};

/** False for a text with any other character. */
function foldIntoAsciiLetters(text: string): boolean {
  if (text.length > MAX_ASCII_LENGTH) return false;
  const { codes, isBorder } = asciiLetters;
  let count = 0;
  isBorder[0] = 1;
  for (let i = 0; i < text.length; i += 1) {
    const folded = FOLDED_ASCII[text.charCodeAt(i)];
    if (folded === undefined) return false;
    if (folded === BETWEEN) {
      isBorder[count] = 1;
    } else {
      codes[count] = folded;
      count += 1;
      isBorder[count] = 0;
    }
  }
  isBorder[count] = 1;
  asciiLetters.count = count;
  return true;
}

/** Whether a sought word stands at this place of {@link asciiLetters}. */
function standsInAscii({ letters, hasAnyEnding }: SoughtWord, start: number): boolean {
  const { codes, isBorder, count } = asciiLetters;
  const end = start + letters.length;
  if (end > count || !(hasAnyEnding || isBorder[end] === 1)) return false;
  for (let i = 0; i < letters.length; i += 1) if (letters.charCodeAt(i) !== codes[start + i]) return false;
  return true;
}

/** Characters that a sought word has at least. */
const SHORTEST = 2;

/** Two UTF-16 units as one number. */
const pairOf = (first: number, second: number): number => (first << 16) | second;
const pairAt = (letters: string, at: number): number => pairOf(letters.charCodeAt(at), letters.charCodeAt(at + 1));

/** The pressing words of one set of rules, made ready once. */
export class PressingWords {
  /** By the two characters that they begin with. */
  readonly #sought = new Map<number, SoughtWord[]>();

  /** @param words - Those of fewer than two letters or digits are never found. */
  constructor(words: readonly string[]) {
    for (const word of words) {
      const hasAnyEnding = word.endsWith("*");
      const letters = foldWords(hasAnyEnding ? word.slice(0, -1) : word).replaceAll(" ", "");
      if (Array.from(letters).length < SHORTEST) continue;
      const pair = pairAt(letters, 0);
      this.#sought.set(pair, [...(this.#sought.get(pair) ?? []), { word, letters, hasAnyEnding }]);
    }
  }

  /**
   * A word of the list that the text has, the one that comes first in the text, or null. What is between the letters does not
   * count, so that `wa-rr ant` is found; but it begins where a word begins, and ends where one ends.
   */
  findIn(text: string): string | null {
    return foldIntoAsciiLetters(text) ? this.#findInAscii() : this.#findInAny(text);
  }

  #findInAscii(): string | null {
    const { codes, isBorder, count } = asciiLetters;
    for (let start = 0; start + SHORTEST <= count; start += 1) {
      if (isBorder[start] === 0) continue;
      const sought = this.#sought.get(pairOf(codes[start] ?? 0, codes[start + 1] ?? 0));
      if (sought === undefined) continue;
      for (const word of sought) if (standsInAscii(word, start)) return word.word;
    }
    return null;
  }

  #findInAny(text: string): string | null {
    const words = foldWords(text).trim().split(" ");
    const letters = words.join("");
    const borders = [0];
    for (const word of words) borders.push((borders.at(-1) ?? 0) + word.length);
    const ends = new Set(borders);
    for (const start of borders) {
      const found = this.#sought
        .get(pairAt(letters, start))
        ?.find(
          (sought) =>
            letters.startsWith(sought.letters, start) &&
            (sought.hasAnyEnding || ends.has(start + sought.letters.length)),
        );
      if (found !== undefined) return found.word;
    }
    return null;
  }
}
