import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { buildPages } from "./pages.ts";

const root = join(import.meta.dirname, "../../dist");
const KB = 1000;

const filesOf = (folder: string, built = root): string[] =>
  readdirSync(join(built, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(join(built, folder), join(entry.parentPath, entry.name)))
    .toSorted();

const gzipBytes = (path: string): number => gzipSync(readFileSync(join(root, path)), { level: 9 }).length;
const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);

function digestOf(folder: string, built = root): string {
  const hash = createHash("sha256");
  for (const file of filesOf(folder, built)) hash.update(`${file}\0`).update(readFileSync(join(built, folder, file)));
  return hash.digest("hex");
}

/** The page and what it names: everything that is loaded before anything is done. */
const firstLoad = (): string[] => {
  const page = readFileSync(join(root, "app/index.html"), "utf8");
  const named = [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, file]) => `app/${file}`);
  return ["app/index.html", ...named];
};

describe("the built pages", () => {
  test("first load of the app is at most 150 kB gzip, all parts at most 350 kB", () => {
    const isText = (file: string): boolean => /\.(?:html|js|css|svg|webmanifest)$/.test(file);
    expect(firstLoad().length).toBeGreaterThan(2);
    expect(sum(firstLoad().map(gzipBytes))).toBeLessThanOrEqual(150 * KB);
    expect(
      sum(
        filesOf("app")
          .filter(isText)
          .map((file) => gzipBytes(`app/${file}`)),
      ),
    ).toBeLessThanOrEqual(350 * KB);
  });

  test("neither the MQTT client nor the reader of codes nor the list of recovery words is in the first load", () => {
    const text = firstLoad().map((file) => readFileSync(join(root, file), "utf8"));
    expect(text.some((part) => part.includes("CONNACK") || part.includes("puback"))).toBe(false);
    expect(filesOf("app").some((file) => /assets\/mqtt/.test(file))).toBe(true); // control: it is a part of its own
    const hasWords = (file: string): boolean => readFileSync(join(root, file), "utf8").includes("mushroom");
    expect(firstLoad().some(hasWords)).toBe(false);
    expect(filesOf("app").some((file) => file.endsWith(".js") && hasWords(`app/${file}`))).toBe(true); // control
  });

  test("the recipient's page is one file that loads nothing", () => {
    expect(filesOf("portal")).toEqual(["index.html"]);
    const page = readFileSync(join(root, "portal/index.html"), "utf8").replace(/<script>.*<\/script>/s, "");
    expect(page).not.toMatch(/<link|src=/);
  });

  test("no page holds inline code that its policy would not let run", () => {
    const page = readFileSync(join(root, "app/index.html"), "utf8");
    expect(page).not.toMatch(/<script(?![^>]*src=)|<style|\son\w+=|\sstyle=/);
    expect('<div style="x">').toMatch(/\sstyle=/); // control
  });

  test("the same sources give the same bytes", async () => {
    const again = await mkdtemp(join(tmpdir(), "doorward-pages-"));
    onTestFinished(() => rm(again, { recursive: true }));
    await buildPages(again);
    expect([digestOf("app", again), digestOf("portal", again)]).toEqual([digestOf("app"), digestOf("portal")]);
  });
});
