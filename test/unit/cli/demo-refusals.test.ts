import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { doorward } from "../../fakes/doorward-command.ts";

test("a film that shows nothing, and a folder that is not there, are refused before anything starts", async () => {
  const dir = await mkdtemp(join(tmpdir(), "doorward-film-"));
  const film = join(dir, "film.mp4");
  await writeFile(film, "hello");
  const words = ["demo", "--once", "--json", "--data", join(dir, "story"), "--video"];
  const garbage = await doorward([...words, film]);
  expect(garbage.exit).toBe(1);
  expect(JSON.parse(garbage.out)).toMatchObject({ ok: false, error: { code: "cli/wrong-file" } });
  expect((await doorward([...words, join(dir, "none.mp4")])).exit).toBe(3);
  const nowhere = await doorward([
    "demo",
    "--once",
    "--data",
    join(dir, "story"),
    "--out",
    join(dir, "none", "out.mp4"),
  ]);
  expect(nowhere.exit).toBe(3);
  expect(nowhere.err).toContain(`${join(dir, "none")} does not exist`);
  expect(await readdir(dir)).toEqual(["film.mp4"]);
  await rm(dir, { recursive: true });
});
