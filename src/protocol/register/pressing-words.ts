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

/** ASCII characters folded; 32 stands for what is between words. */
const FOLDED_ASCII = Uint8Array.from({ length: 128 }, (_, code) => {
  const lower = String.fromCharCode(code).toLowerCase();
  const folded = LOOKALIKES[lower] ?? lower;
  return /[\p{L}\p{N}]/u.test(folded) ? folded.charCodeAt(0) : 32;
});

/** The words of a text in their folded spelling, a space before and after each. */
export function foldWords(text: string): string {
  return foldAscii(text) ?? foldAny(text);
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
  /** Folded, without what is between its words. */
  readonly letters: string;
  readonly hasAnyEnding: boolean;
}

/** Characters that a sought word has at least. */
const SHORTEST = 2;

/** The two characters at a place, as one number. */
const pairAt = (letters: string, at: number): number => letters.charCodeAt(at) * 65_536 + letters.charCodeAt(at + 1);

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
