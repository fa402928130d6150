import { expect, test } from "vitest";
import { Narrator } from "../../../src/cli/demo/narrator.ts";

function told(columns: number | undefined, tell: (narrator: Narrator) => void): string[] {
  let text = "";
  tell(new Narrator({ write: (part) => (text += part) }, { chapters: 9, dir: "/tmp/story", columns }));
  return text.trimEnd().split("\n");
}
const COMMAND = 'doorward owner consent 4f1c --to /tmp/story/recipient/anna.card --seconds 3-8 --purpose "your parcel"';

test("on a narrow screen no line is broken by the terminal, and a broken command can still be pasted", () => {
  const lines = told(60, (narrator) => {
    narrator.say("The neighbour's mailbox is a delivery broker that lets a reader see its own inbox only.");
    narrator.typed(COMMAND);
  });
  expect(lines.every((line) => line.length <= 60 && line.startsWith("     "))).toBe(true);
  expect(lines.slice(2, -1).every((line) => line.endsWith(" \\"))).toBe(true);
});

test("where nobody looks a line stays one; files are named from the story's folder", () => {
  const [line, ...more] = told(undefined, (narrator) => narrator.typed(COMMAND));
  expect(more).toEqual([]);
  expect(line).toContain("--to recipient/anna.card");
});
