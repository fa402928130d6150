import { join } from "node:path";
import { expect, test } from "vitest";
import { cliReference } from "../../../src/cli/reference.ts";

test("docs/ref/cli.md is what the definitions say; `npm run docs` writes it anew", async () => {
  await expect(cliReference()).toMatchFileSnapshot(join(import.meta.dirname, "../../../docs/ref/cli.md"));
});
