import { expect, test } from "vitest";
import { concatBytes } from "../../../src/protocol/bytes.ts";

test("joined bytes keep their order", () => {
  expect(concatBytes(Uint8Array.of(1), Uint8Array.of(2, 3))).toEqual(Uint8Array.of(1, 2, 3));
});
