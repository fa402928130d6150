import { expect, test } from "vitest";
import { words } from "../../../src/portal/words.ts";
import { failures } from "../../../src/recipient/verdict.ts";

test("the recipient's page has a whole sentence of its own for each of the eleven verdicts", () => {
  const sentences: Readonly<Record<string, string>> = words.failures;
  expect(Object.keys(sentences).toSorted()).toEqual(Object.keys(failures).toSorted());
  expect(new Set(Object.values(sentences)).size).toBe(11);
  for (const sentence of Object.values(sentences)) expect(sentence).toMatch(/^[A-Z].{20,}\.$/);
});
