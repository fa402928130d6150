import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cryptoPorts } from "./crypto-ports.ts";
import { allVectors } from "./vectors/all-vectors.ts";
import { VECTOR_FOLDER } from "./vectors/media.ts";

/** Only to add vectors: what is published stays as it is, or the protocol has changed. */
const { WRITE_VECTORS } = process.env;

describe.each(cryptoPorts.slice(0, 2))("vectors made anew with %s cryptography", (_, crypto) => {
  test.each(Object.entries(allVectors))("%s is what is published", async (file, make) => {
    const text = `${JSON.stringify(await make(crypto), null, 1)}\n`;
    const path = join(VECTOR_FOLDER, file);
    if (WRITE_VECTORS === "1") writeFileSync(path, text);
    expect(text === readFileSync(path, "utf8"), `${file} differs`).toBe(true);
  });
});

test("no published file is without a maker", () => {
  const published = readdirSync(VECTOR_FOLDER).filter((file) => file.endsWith(".json"));
  expect(published.toSorted()).toEqual([...Object.keys(allVectors), "media.json"].toSorted());
});
