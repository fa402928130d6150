import { existsSync } from "node:fs";
import { cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, test, vi } from "vitest";
import { Catalog } from "../../../src/device/vault/catalog.ts";
import { openCatalogFile } from "../../../src/device/vault/catalog-file.ts";
import { catalogMigrations } from "../../../src/device/vault/schema.ts";
import { recordClip, startVault, temporaryFolder } from "./vault-fixture.ts";

const frozen = join(import.meta.dirname, "frozen");

const schemaOf = (db: Database.Database): unknown =>
  db.prepare("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name").all();

test("there is a frozen database of every version so far", async () => {
  expect((await readdir(frozen)).toSorted()).toEqual(catalogMigrations.map((_, i) => `catalog-v${i + 1}.db`));
});

test.each(catalogMigrations.map((_, i) => i + 1))(
  "a database of version %i becomes today's and keeps its rows",
  async (version) => {
    const path = join(await temporaryFolder(), "catalog.db");
    await cp(join(frozen, `catalog-v${version}.db`), path);
    const old = openCatalogFile(path);
    const fresh = openCatalogFile(join(await temporaryFolder(), "catalog.db"));
    expect(schemaOf(old)).toEqual(schemaOf(fresh));
    expect(old.pragma("user_version", { simple: true })).toBe(catalogMigrations.length);
    expect(old.prepare("SELECT count(*) FROM clip").pluck().get()).toBe(2);
    expect(old.prepare("SELECT count(*) FROM fragment").pluck().get()).toBe(6);
    expect(old.prepare("SELECT last_day FROM vault").pluck().get()).toBe(20_454);
    old.close();
    fresh.close();
  },
);

test("a migration that fails halfway leaves the old database whole", async () => {
  const path = join(await temporaryFolder(), "catalog.db");
  openCatalogFile(path).close();
  const broken = [...catalogMigrations, "ALTER TABLE clip ADD COLUMN colour TEXT; SELECT nonsense;"];
  expect(() => openCatalogFile(path, broken)).toThrow();
  const db = openCatalogFile(path);
  expect(db.prepare("SELECT name FROM pragma_table_info('clip')").pluck().all()).not.toContain("colour");
  db.close();
  const better = [...catalogMigrations, "ALTER TABLE clip ADD COLUMN colour TEXT;"];
  const migrated = openCatalogFile(path, better);
  expect(migrated.prepare("SELECT name FROM pragma_table_info('clip')").pluck().all()).toContain("colour");
  migrated.close();
});

test("a catalog of a newer version is a clear error, and no byte of it or beside it changes", async () => {
  const card = await startVault();
  await recordClip(card);
  await card.vault.stop();
  const path = join(card.dir, "catalog.db");
  const newer = new Database(path);
  newer.pragma("user_version = 99");
  newer.close();
  const before = await readFile(path);
  const files = await readdir(card.dir);
  await expect(card.restart()).rejects.toMatchObject({ code: "vault/newer-catalog" });
  await expect(card.vault.check({ repair: true })).rejects.toMatchObject({ code: "vault/newer-catalog" });
  expect(await readFile(path)).toEqual(before);
  expect(await readdir(card.dir)).toEqual(files);
  expect(existsSync(`${path}-wal`)).toBe(false);
});

test("all but the rows of an open clip's fragments is synced, also after those", async () => {
  const db = openCatalogFile(join(await temporaryFolder(), "catalog.db"));
  const seen: unknown[] = [];
  const begin = db.transaction.bind(db);
  vi.spyOn(db, "transaction").mockImplementation((change) => {
    seen.push(db.pragma("synchronous", { simple: true }));
    return begin(change);
  });
  const catalog = new Catalog(db);
  const number = catalog.addOpenClip(new Uint8Array(16), 20_000, 100);
  const place = { lane: 1, index: 0, offset: 100, length: 20 };
  catalog.addFragments(number, [place]);
  expect(() => catalog.addFragments(number, [place])).toThrow(/UNIQUE/);
  catalog.addOpenClip(new Uint8Array(16).fill(1), 20_000, 100);
  const [normal, full] = [1, 2]; // https://sqlite.org/pragma.html#pragma_synchronous
  expect(seen).toEqual([full, normal, normal, full]);
  db.close();
});
