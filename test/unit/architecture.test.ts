// The import rule of this repository, as a test. docs/design/architecture.md shows the same table as a picture.
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, posix, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { type ImportedModule, importsOf } from "../fakes/imports-of.ts";

const root = join(import.meta.dirname, "../..");
const device = ["protocol", "device/platform"];

/** Folder → folders and npm packages it may import at run time (`import type` is free). `node:` stands for all built-ins. */
const mayImport: Record<string, readonly string[]> = {
  protocol: ["tweetnacl", "@noble/hashes", "@noble/curves"],
  owner: ["protocol"],
  recipient: ["protocol"],
  say: [],
  ui: ["protocol", "say", "preact", "mqtt", "uqr"],
  "app/worker": [],
  portal: ["protocol", "say", "recipient", "ui", "preact", "idb"],
  app: [
    "protocol",
    "say",
    "owner",
    "ui",
    "preact",
    "@preact/signals",
    "idb",
    "jsqr",
    "@noble/curves",
    "@noble/hashes",
    "@scure/bip39",
  ],
  requester: ["protocol"],
  "device/platform": ["protocol", "node:", "pino", "sodium-native"],
  "device/config": [...device, "zod", "smol-toml", "node:"],
  "device/sensor": [...device, "onoff", "node:"],
  "device/recorder": [...device, "fluent-ffmpeg", "node:"],
  "device/vault": [...device, "better-sqlite3", "node:"],
  "device/audit": [...device, "better-sqlite3", "node:"],
  "device/mirror": [...device, "node:"],
  "device/link": [...device, "mqtt", "mqtt-packet", "aedes", "node:"],
  "device/consent": [...device, "device/vault", "device/audit", "node:"],
  "device/publisher": [...device, "device/vault", "device/audit", "device/link", "node:"],
  "device/web": [...device, "fastify", "@fastify/static", "ws", "@peculiar/x509", "reflect-metadata", "node:"],
  "device/push": [...device, "web-push", "node:"],
  "device/live": [...device, "werift", "@roamhq/wrtc", "node:"],
  device: ["protocol", "device", "node:"],
  mailbox: ["protocol", "aedes", "ws", "node:"],
  witness: ["protocol", "better-sqlite3", "node:"],
  register: [...device, "witness", "fastify", "@fastify/static", "better-sqlite3", "node:"],
  cli: [
    "protocol",
    "say",
    "owner",
    "recipient",
    "requester",
    "device",
    "mailbox",
    "witness",
    "register",
    "commander",
    "@scure/bip39",
    "mqtt",
    "ws",
    "uqr",
    "node:",
  ],
};
const packageEntries = ["protocol/index.ts", "owner/index.ts", "recipient/index.ts", "requester/index.ts"];

const folders = Object.keys(mayImport).toSorted((a, b) => b.length - a.length); // longest first: the nearest rule wins
const folderOf = (path: string): string | undefined => folders.find((folder) => path.startsWith(`${folder}/`));
const sourceFiles = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((file) =>
  /\.[cm]?[jt]sx?$/.test(file),
);

function isAllowed(file: string, specifier: string): boolean {
  const home = folderOf(file);
  if (home === undefined) return false;
  const allowed = mayImport[home] ?? [];
  if (!specifier.startsWith(".")) {
    if (builtinModules.includes(specifier.replace(/^node:/, ""))) return allowed.includes("node:");
    return allowed.some((name) => specifier === name || specifier.startsWith(`${name}/`));
  }
  const target = posix.join(posix.dirname(file), specifier);
  if (packageEntries.includes(target)) return false;
  const targetFolder = folderOf(target);
  return targetFolder === home || allowed.some((name) => target.startsWith(`${name}/`));
}

const forbidden = (file: string, imports: readonly ImportedModule[]): string[] =>
  imports.filter(({ specifier }) => specifier === null || !isAllowed(file, specifier)).map(({ text }) => text);

describe("imports", async () => {
  const imports = await importsOf(
    new Map(sourceFiles.map((file) => [file, readFileSync(join(root, "src", file), "utf8")])),
  );

  test.each(sourceFiles)("src/%s imports only what its folder may", (file) => {
    expect(forbidden(file, imports.get(file) ?? [])).toEqual([]);
  });

  test("source is .ts and .tsx, so that nothing escapes the type checker", () => {
    expect(sourceFiles.filter((file) => !/\.tsx?$/.test(file))).toEqual([]);
  });

  test("the folder rule itself has no cycle", () => {
    const visit = (folder: string, path: readonly string[]): void => {
      expect(path, `cycle: ${[...path, folder].join(" → ")}`).not.toContain(folder);
      for (const next of mayImport[folder] ?? [])
        if (next in mayImport && folder !== "device") visit(next, [...path, folder]);
    };
    for (const folder of folders) visit(folder, []);
  });
});

describe("the import scanner notices", () => {
  const cases: Record<string, { code: string; found: readonly (string | null)[] }> = {
    "an import over several lines": {
      code: 'import {\n  a,\n  b,\n} from\n  "node:fs";\nexport const c = a + b;',
      found: ["node:fs"],
    },
    "an import for its side effect": { code: 'import "node:fs";', found: ["node:fs"] },
    "an import whose names are not used": { code: 'import { a } from "node:fs";', found: ["node:fs"] },
    "inline types, which still load the module": { code: 'import { type A } from "node:fs";', found: ["node:fs"] },
    "a re-export": { code: 'export { a } from "node:fs";\nexport * from "node:net";', found: ["node:fs", "node:net"] },
    "a dynamic import of a string": { code: 'void import("node:fs");', found: ["node:fs"] },
    "a dynamic import of a template": { code: "void import(`node:fs`);", found: ["node:fs"] },
    "a dynamic import that is computed": {
      code: ["const n = 'fs';", "void import(`node:$", "{n}`);", "void import(n);"].join(""),
      found: [null, null],
    },
    "a require": { code: 'const a = require("node:fs");', found: ["node:fs"] },
    "a require made by createRequire": {
      code: 'import { createRequire } from "node:module";\nconst load = createRequire(import.meta.url);\nload("mqtt");',
      found: ["node:module", null],
    },
    "an import after other code on one line": {
      code: 'const a = 1; import b from "node:fs"; void [a, b];',
      found: ["node:fs"],
    },
    "nothing in a type import, a comment or a string": {
      code: 'import type { A } from "node:fs";\nexport type { B } from "node:net";\n// import "mqtt"\nexport const a = "import(x) require(y)";',
      found: [],
    },
  };
  test.each(Object.keys(cases))("%s", async (name) => {
    for (const extension of ["ts", "tsx"]) {
      const file = `protocol/example.${extension}`;
      const found = await importsOf(new Map([[file, cases[name]?.code ?? ""]]));
      expect((found.get(file) ?? []).map(({ specifier }) => specifier)).toEqual(cases[name]?.found);
    }
  });

  test("a way from protocol to the device, to Node and to a package entry", () => {
    expect(isAllowed("protocol/a.ts", "../device/vault/vault.ts")).toBe(false);
    expect(isAllowed("protocol/a.ts", "node:fs")).toBe(false);
    expect(isAllowed("owner/a.ts", "../protocol/index.ts")).toBe(false);
    expect(isAllowed("owner/a.ts", "../protocol/bytes.ts")).toBe(true);
    expect(isAllowed("elsewhere/a.ts", "node:fs")).toBe(false);
  });
});

describe("the whole project", () => {
  const skipped = new Set([".git", "node_modules", "dist", ".cache", "coverage", "package-lock.json"]);
  const textFiles = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      if (skipped.has(entry.name)) return [];
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return textFiles(path);
      return /\.(png|jpe?g|mp4|avi|bin|tar|h264|aac)$/.test(entry.name) ? [] : [path];
    });
  const files = textFiles(root);
  const self = import.meta.filename;
  const filesThatMatch = (pattern: RegExp): string[] =>
    files
      .filter((file) => file !== self && pattern.test(readFileSync(file, "utf8")))
      .map((file) => relative(root, file));

  test("stands on its own: no path outside it is named", () => {
    expect(filesThatMatch(/\.\.\/shared\/|\/work\/(main|shared)|\/tmp\/dw\b/)).toEqual([]);
  });

  test("leaves nothing for later in the code", () => {
    expect(filesThatMatch(/\b(TODO|FIXME|XXX)\b/)).toEqual([]);
    expect(files.filter((file) => /placeholder/i.test(file)).map((file) => relative(root, file))).toEqual([]);
  });

  test("locks the packages of every platform, as npm ci demands even where they are not installed", () => {
    const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const unlocked = Object.entries(packages).flatMap(([path, { optionalDependencies }]) =>
      Object.keys(optionalDependencies ?? {}).filter(
        (name) => !(`node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages),
      ),
    );
    expect(unlocked).toEqual([]);
  });

  test("makes a clearance in consent only", () => {
    expect(
      filesThatMatch(/\bofVerified\s*\(/).filter(
        (file) => file.startsWith("src/") && !file.startsWith("src/device/consent/"),
      ),
    ).toEqual([]);
  });
});
