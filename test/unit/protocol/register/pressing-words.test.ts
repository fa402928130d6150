import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_PRESSING_WORDS } from "../../../../src/protocol/register/default-words.ts";
import { PressingWords } from "../../../../src/protocol/register/pressing-words.ts";
import { tries } from "../effort.ts";

describe("an ASCII text", () => {
  test("is searched with the same result as beside a character that needs the long way", () => {
    const words = new PressingWords(["warrant", "must*", "no t", "a1", "x", "ss", "wa", "é*"]);
    const pieces = fc.constantFrom(..."wW4 -.rR@nN7tmMuUsS$5aA1xX!\t".split(""), "warrant", "must", "no t", "ss");
    const text = fc.array(pieces, { maxLength: 24 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, (ascii) => {
        expect(words.findIn(ascii)).toBe(words.findIn(`${ascii}\u200b`));
        expect(words.findIn(ascii)).toBe(words.findIn(`${" ".repeat(3_000)}${ascii}`));
      }),
      tries(1_000),
    );
  });
});

describe("the words of a new register", () => {
  const words = new PressingWords(DEFAULT_PRESSING_WORDS);

  test("are each found in themselves", () => {
    for (const word of DEFAULT_PRESSING_WORDS)
      expect(words.findIn(`Please: ${word.replace("*", "")}!`), word).not.toBeNull();
  });

  test.each([
    "On 4 May a man forced the back door of the pharmacy and left on a red bicycle towards the park.",
    "We look for a grey estate car with a broken left headlamp that passed between 22:00 and 23:30.",
    "A child of seven, in a yellow coat, was last seen here. Any picture of her way may help.",
    "The driver did not stop after the crash. He may have refused help to the cyclist. Thank you.",
    "Was anybody at one or another door? Else nothing is needed. He may go elsewhere or stay. No Ted was there.",
    "Two failing torches were found together; the men will come down the lane. You shoulder no blame.",
    "Buscamos im\u00e1genes de una furgoneta blanca. Quien quiera ayudar, muchas gracias.",
  ])("are not in what an officer would write: %s", (text) => {
    expect(words.findIn(text)).toBeNull();
  });

  test.each([
    "If you do not answer we will return with a warrant.",
    "You are required by law to hand over your film.",
    "Those who refuse make themselves accomplices.",
    "W\u0410RR\u0410NT follows",
    "F i n a l notice",
    "You mu-st answer",
    "You m.u.s.t answer",
    "Y o u m u s t answer",
    "Fin\u200cal no\u200dtice",
    "\u028f\u1d0f\u1d1c \u1d0d\u1d1c\ua731\u1d1b answer",
    "\u{1F17C}\u{1F170}\u{1F17D}\u{1F173}\u{1F170}\u{1F183}\u{1F17E}\u{1F181}\u{1F188}",
    "you have n\u0585t answered",
    "It is your civic  duty.",
    "Usted est\u00e1 obligado a entregar el v\u00eddeo.",
  ])("are found: %s", (text) => {
    expect(words.findIn(text)).not.toBeNull();
  });
});
