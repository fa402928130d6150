// The generated pages of docs/ref, compared with their sources. `npm run docs` writes them anew.
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { errorReference } from "../fakes/error-reference.ts";
import { lightsPicture } from "../fakes/lights-picture.ts";

const root = join(import.meta.dirname, "../..");
const errorFiles = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  // What the app finds wrong is told on its own pages, in sentences.
  .filter((file) => file.endsWith("/errors.ts") && !file.startsWith("app/"))
  .toSorted();

test("docs/picture/lights.svg is what the daemon plays", async () => {
  await expect(lightsPicture()).toMatchFileSnapshot(join(root, "docs/picture/lights.svg"));
});

describe("docs/ref/errors.md", () => {
  test("lists every code of every part", async () => {
    const parts = await Promise.all(
      errorFiles.map(async (file) => {
        const exported: Record<string, unknown> = await import(join(root, "src", file));
        const tables = Object.entries(exported).filter(([name]) => name.endsWith("Errors"));
        expect(tables, `src/${file} exports one table of codes`).toHaveLength(1);
        return {
          folder: dirname(file),
          codes: Object.entries(tables[0]?.[1] ?? {}).map(([code, text]) => [code, String(text)] as const),
        };
      }),
    );
    const codes = parts.flatMap((part) => part.codes.map(([code]) => code));
    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
    await expect(errorReference(parts)).toMatchFileSnapshot(join(root, "docs/ref/errors.md"));
  });
});
