// copy-modules.mjs ROOT TARGET ARCH: copies the packages that the bundled program loads at run time, without what only builds
// them, and writes the licences of everything that is in the package, bundled or not.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, sep } from "node:path";

const [root, target, arch] = process.argv.slice(2);
const LICENCE = /^(licen[cs]e|copying|notice)(\..*)?$/i;

/** Packages with a binary that the program may load; scripts/bundle.mjs leaves them out of the bundle. */
const roots = ["better-sqlite3", "onoff", "sodium-native"];

const packageJson = (folder) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
/** The folder that Node would take a package from. */
function folderOf(name, from) {
  for (const place of createRequire(join(from, "x.js")).resolve.paths(name) ?? []) {
    if (existsSync(join(place, name, "package.json"))) return join(place, name);
  }
  return null;
}

/** Every package that these need, as folders; a name that is not installed is skipped. */
function reach(names, from, needsOf, found = new Set()) {
  for (const name of names) {
    const folder = folderOf(name, from);
    if (folder === null || found.has(folder)) continue;
    found.add(folder);
    reach(needsOf(packageJson(folder)), folder, needsOf, found);
  }
  return [...found].toSorted((a, b) => (a < b ? -1 : 1));
}

/** What only builds or documents a package, and binaries of other machines. */
function isNeeded(folder, path) {
  const parts = relative(folder, path).split(sep);
  const file = parts.at(-1);
  if (parts[0] === "") return true;
  if (parts.includes("node_modules")) return false; // reached and copied for themselves
  if (parts[0] === "prebuilds")
    return (
      parts.length === 1 || (parts[1] === `linux-${arch}` && file !== "electron.napi.node" && !file.endsWith(".bare"))
    );
  if (
    [
      "deps",
      "src",
      "test",
      "tests",
      "example",
      "examples",
      "docs",
      "doc",
      "bench",
      "benchmark",
      "build",
      "coverage",
    ].includes(parts[0])
  ) {
    return parts[0] === "src" && readsSource(folder);
  }
  if (parts.length > 1 && parts.some((part) => part.startsWith("."))) return false;
  return !/\.(md|ts|mts|map|gyp|gypi|c|cc|cpp|h|hpp|txt|yml|cmake)$|^\./.test(file) || LICENCE.test(file);
}
const readsSource = (folder) =>
  String(packageJson(folder).main ?? "")
    .replace(/^\.\//, "")
    .startsWith("src/");

/** Helpers of node-gyp, which are there to build only. */
const BUILD_ONLY = new Set(["nan", "prebuild-install", "node-gyp"]);

const copied = [];
const loaded = ({ dependencies = {} }) => Object.keys(dependencies).filter((name) => !BUILD_ONLY.has(name));
for (const folder of reach(roots, root, loaded)) {
  const name = relative(join(root, "node_modules"), folder);
  copied.push(name);
  mkdirSync(dirname(join(target, "node_modules", name)), { recursive: true });
  cpSync(folder, join(target, "node_modules", name), { recursive: true, filter: (path) => isNeeded(folder, path) });
}

const { dependencies, devDependencies } = packageJson(root);
/** Packages that the app's pages are built from. */
const pages = ["preact", "@preact/signals", "idb", "jsqr", "@scure/bip39"].filter((name) => name in devDependencies);
const shipped = (one) => Object.keys({ ...one.dependencies, ...one.optionalDependencies, ...one.peerDependencies });
const licences = reach([...Object.keys(dependencies), ...pages], root, shipped).map((folder) => {
  const { name, version, license } = packageJson(folder);
  const texts = readdirSync(folder)
    .filter((file) => LICENCE.test(file))
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((file) => readFileSync(join(folder, file), "utf8").trim());
  return `${name} ${version}: ${typeof license === "string" ? license : (license?.type ?? "see its text")}\n\n${texts.join("\n\n")}`;
});
writeFileSync(
  join(target, "THIRD-PARTY-LICENCES"),
  `Doorward's program and pages contain or load these packages.\n\n${licences.join(`\n\n${"-".repeat(78)}\n\n`)}\n`,
);
console.log(JSON.stringify(copied));
