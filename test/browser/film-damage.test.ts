import { expect, test } from "vitest";
import { Film } from "../../src/app/model/film.ts";
import { damageOf, damageText } from "../../src/app/model/film-damage.ts";
import { LANES } from "../../src/protocol/clip-keys.ts";
import { tinyLane } from "../fakes/tiny-mp4.ts";

const GOOD = "Iabc";

/** A film by its letters, `I` the init segment and `_` what is damaged, that is still being opened. */
function told(picture: string, sound: string): string | null {
  const lanes = { [LANES.video]: picture, [LANES.audio]: sound };
  const film = new Film("00".repeat(16));
  const opened = {
    state: film.state,
    lane: (lane: typeof LANES.video | typeof LANES.audio) => {
      const bytes = tinyLane(lane === LANES.video ? "video" : "audio", 3);
      const [init = null, ...fragments] = (lanes[lane] ?? "")
        .split("")
        .map((letter, i) => (letter === "_" ? null : (bytes[i] ?? null)));
      return { init, fragments };
    },
  };
  return damageText(damageOf(opened));
}

test.each([
  ["nothing is damaged", GOOD, GOOD, null],
  ["nothing has come yet", "", "", null],
  ["a piece of the picture has come damaged and the next one not yet", "Ia_", "Ia", /^A part of this recording/],
  ["the last piece of the picture is damaged, too", "I_b_", GOOD, /^A part of this recording/],
  ["the picture's beginning is damaged", "_abc", GOOD, /^The beginning of the picture/],
  ["a piece of the sound is damaged", GOOD, "Ia_c", /^A part of the sound is damaged; the picture is whole/],
  ["the sound's beginning is damaged", GOOD, "_abc", /^The beginning of the sound/],
  ["both are damaged in part", "Ia_c", "Ia_c", /^A part of this recording/],
  ["there is no sound", "Ia_c", "", /^A part of this recording/],
])("where %s the sentence says so", (_what, picture, sound, sentence) => {
  if (sentence === null) expect(told(picture, sound)).toBeNull();
  else expect(told(picture, sound)).toMatch(sentence);
});
