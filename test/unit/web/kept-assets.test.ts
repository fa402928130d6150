import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keepAssets } from "../../../src/device/web/kept-assets.ts";

let dir: string;
let app: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-kept-"));
  app = join(dir, "app");
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function installed(version: string): Promise<void> {
  await rm(app, { recursive: true, force: true });
  await mkdir(join(app, "assets"), { recursive: true });
  await writeFile(join(app, "index.html"), `<script src="/assets/${version}.js">`);
  await writeFile(join(app, "assets", `${version}.js`), version);
}
const kept = (): Promise<string | null> => keepAssets(join(dir, "kept"), app);

describe("the app as it was before an update", () => {
  test("is kept for one version, however often the doorbell restarts", async () => {
    await installed("one");
    expect(await kept()).toBeNull();
    await installed("two");
    for (const restart of [1, 2]) {
      const before = await kept();
      expect(await readFile(join(before ?? "", "assets", "one.js"), "utf8"), `start ${restart}`).toBe("one");
    }
    await installed("three");
    const before = await kept();
    expect(await readdir(join(before ?? "", "assets"))).toEqual(["two.js"]);
    expect(await readdir(join(dir, "kept"))).toHaveLength(3);
  });

  test("is not there for an app that is not there, and a card that takes no writes keeps none", async () => {
    expect(await kept()).toBeNull();
    await installed("one");
    await writeFile(join(dir, "kept"), "no folder");
    expect(await kept()).toBeNull();
  });
});
