import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigError } from "../../../src/device/config/errors.ts";
import { loadConfig } from "../../../src/device/config/load-config.ts";
import { type Migration, migrated } from "../../../src/device/config/migrations.ts";
import { reloadConfig } from "../../../src/device/config/reload-config.ts";

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-config-"));
  file = join(dir, "door.toml");
});
afterEach(() => rm(dir, { recursive: true }));

test("a file that is named and not there is an error", async () => {
  await expect(loadConfig(file)).rejects.toMatchObject({ code: "config/missing" });
});

test("a file that cannot be read is an error", async () => {
  await mkdir(file);
  await expect(loadConfig(file)).rejects.toMatchObject({ code: "config/unreadable" });
});

describe("a reload", () => {
  test("takes up what it can and names what waits for a restart", async () => {
    await writeFile(file, "");
    const old = await loadConfig(file);
    await writeFile(file, '[log]\nlevel = "debug"\n[chime]\nquiet = ["22:00-07:00"]\n[camera]\nsource = "v4l2"\n');
    const reload = await reloadConfig(old, file);
    if (reload.outcome !== "changed") throw reload.error;
    expect(reload.changed.toSorted()).toEqual(["chime.quiet", "log.level"]);
    expect(reload.needRestart).toEqual(["camera.source"]);
    expect(reload.config.log.level).toBe("debug");
    expect(reload.config.sensor.chime.quiet).toHaveLength(1);
    expect(reload.config.recorder.source).toEqual({ kind: "test-pattern" });
  });

  test("of a file that did not change changes nothing", async () => {
    await writeFile(file, '[motion]\nmode = "pixels"\nzones = [[[0,0],[1,0],[1,1]]]');
    const old = await loadConfig(file);
    expect(await reloadConfig(old, file)).toEqual({ outcome: "changed", config: old, changed: [], needRestart: [] });
  });

  test.each(["[log]\nlevel = 3", "[log", '[brocker]\nurl = ""'])(
    "of the wrong file %j keeps everything",
    async (text) => {
      await writeFile(file, "");
      const old = await loadConfig(file);
      await writeFile(file, text);
      expect(await reloadConfig(old, file)).toMatchObject({ outcome: "kept", error: expect.any(ConfigError) });
    },
  );

  test("of a file that is gone keeps everything", async () => {
    await writeFile(file, "");
    const old = await loadConfig(file);
    await rm(file);
    expect(await reloadConfig(old, file)).toMatchObject({ outcome: "kept", error: { code: "config/missing" } });
  });
});

describe("a file of another version", () => {
  const steps: readonly Migration[] = [
    { from: 1, change: ({ gpio: _gpio, ...rest }) => rest },
    { from: 2, change: (document) => ({ ...document, log: { level: "warn" } }) },
  ];

  test("that is older is brought up step by step", () => {
    expect(migrated({ version: 1, gpio: {} }, steps, 3)).toEqual({
      document: { version: 3, log: { level: "warn" } },
      from: 1,
    });
    expect(migrated({ version: 2, gpio: {} }, steps, 3).document).toEqual({
      version: 3,
      gpio: {},
      log: { level: "warn" },
    });
  });

  test("that is current or says nothing stays as it is", () => {
    expect(migrated({ a: 1 }, steps, 3)).toEqual({ document: { a: 1 }, from: null });
    expect(migrated({ version: 3, a: 1 }, steps, 3).from).toBeNull();
  });

  test("that is newer is refused, not guessed at", async () => {
    await writeFile(file, "version = 9\n");
    await expect(loadConfig(file)).rejects.toMatchObject({ code: "config/newer" });
  });

  test("that is older is replaced, and kept beside", async () => {
    const text = "version = 0\n# a comment\n";
    await writeFile(file, text);
    await loadConfig(file, { steps: [{ from: 0, change: (document) => ({ ...document, log: { level: "warn" } }) }] });
    expect((await readdir(dir)).toSorted()).toEqual(["door.toml", "door.toml.version-0"]);
    expect(await readFile(`${file}.version-0`, "utf8")).toBe(text);
    expect((await loadConfig(file)).log.level).toBe("warn");
  });
});
