// Puts the compiled program into a few files, dist/program: loading it from hundreds costs a Pi twice the CPU at each start.
//   doorward.cjs      what people start
//   loader.cjs        gives each part of the program to the others
//   door.cjs          every part that the doorbell needs until it watches the door
//   phones.cjs        those that it loads then, for phones
//   *.kept            both as V8 has compiled them, made by keep-compiled.cjs
//   *.cjs             the other parts, read when a command or the web server asks for them
//   live-child.mjs    the process of a live view, and what it needs
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build, transform } from "esbuild";

const FOLDER = "dist/program";
/** Loaded on few doorbells only, whole from node_modules; by `require`, which spares Node a search for their export names. */
const LOADED_WHOLE = ["onoff", "@roamhq/wrtc"];
/** What a start of the doorbell reads; what these import is found by esbuild. */
const DOOR = ["dist/cli/main.js", "dist/cli/program.js", "dist/cli/device/run.js"];
const PHONES = ["dist/device/web/web-server.js", "dist/device/push/push.js"];

/**
 * Binaries stay in node_modules. The scripts around those of the two packages that every start loads come along, without their
 * search for the binary in a dozen places.
 */
const binaries = {
  name: "binaries",
  setup({ onResolve, onLoad }) {
    const names = (list) => new RegExp(`^(${list.join("|")})$`);
    /** Imports that match give what `contents` says; what that requires by the same name is the package itself. */
    const give = (filter, kind, contents, external) => {
      onResolve({ filter }, ({ path, namespace }) =>
        namespace === kind ? external?.(path) : { path, namespace: kind },
      );
      onLoad({ filter: /.*/, namespace: kind }, ({ path }) => ({ contents: contents(path), resolveDir: "." }));
    };
    give(
      names(LOADED_WHOLE),
      "whole",
      (path) => `module.exports = require(${JSON.stringify(path)});`,
      (path) => ({ path, external: true }),
    );
    give(
      /^bindings$/,
      "sqlite-binary",
      () => 'module.exports = (name) => require("better-sqlite3/build/Release/" + name);',
    );
    give(
      /^sodium-native$/,
      "sodium",
      () => 'try { module.exports = require("sodium-native/index.js"); } catch { module.exports = null; }',
    );
    onResolve({ filter: /^\.\/binding$/ }, ({ importer, path }) =>
      importer.includes("/sodium-native/") ? { path, namespace: "sodium-binary" } : undefined,
    );
    onResolve({ filter: /^sodium-native\/binding\.js$/ }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /.*/, namespace: "sodium-binary" }, () => ({
      contents: [
        'const built = "sodium-native/prebuilds/linux-" + process.arch + "/sodium-native.node";',
        'try { module.exports = require(built); } catch { module.exports = require("sodium-native/binding.js"); }',
      ].join("\n"),
      resolveDir: ".",
    }));
  },
};

/** What CommonJS packages expect to be there. */
const commonJsNames = [
  'import { createRequire as createRequireHere } from "node:module";',
  'import { fileURLToPath as pathHere } from "node:url";',
  "const require = createRequireHere(import.meta.url);",
  "const __filename = pathHere(import.meta.url);",
  'const __dirname = pathHere(new URL(".", import.meta.url));',
].join("\n");

const shared = {
  outdir: FOLDER,
  alias: { "readable-stream": "node:stream" }, // a copy of Node's own streams, for browsers and an old Node
  bundle: true,
  splitting: true, // commands stay apart, so that each start reads its own code only
  minifyWhitespace: true,
  platform: "node",
  target: "node20",
  format: "esm",
  plugins: [binaries],
  logLevel: "warning",
};

/** One part as CommonJS, which V8 can be asked to keep compiled in Node 20; modules it cannot. */
async function asCommonJs(code) {
  const made = await transform(code, {
    format: "cjs",
    platform: "node",
    target: "node20",
    minifyWhitespace: true,
    supported: { "dynamic-import": false }, // import() becomes require()
    define: { "import.meta.url": "importMetaUrl" },
    legalComments: "none", // the package has all licences in one file
    logLevel: "warning",
  });
  return made.code;
}

/** Of the parts that need no import() to be loaded along with these. */
function reachedBy(outputs, names, found = new Set()) {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    const needed = outputs[name].imports.filter(({ kind, external }) => kind === "import-statement" && !external);
    reachedBy(
      outputs,
      needed.map(({ path }) => path),
      found,
    );
  }
  return found;
}

rmSync(FOLDER, { recursive: true, force: true });
await build({
  ...shared,
  entryPoints: { "live-child": "dist/device/live/child-main.js" },
  outExtension: { ".js": ".mjs" },
  banner: { js: commonJsNames },
});
const { outputFiles, metafile } = await build({
  ...shared,
  entryPoints: { main: DOOR[0] },
  outExtension: { ".js": ".cjs" },
  metafile: true,
  write: false,
});
const { outputs } = metafile;
const partsFrom = (entries) => {
  const names = Object.keys(outputs).filter((name) => entries.includes(outputs[name].entryPoint));
  return new Set([...reachedBy(outputs, names)].map((name) => basename(name)));
};
const door = partsFrom(DOOR);
const phones = partsFrom(PHONES);
const doorParts = [];
const phonesParts = [];
for (const { path, text } of outputFiles) {
  const name = basename(path);
  const code = await asCommonJs(text.replace(/^#!.*\n/, ""));
  const part = `${JSON.stringify(name)}(exports,require,module,__filename,__dirname,importMetaUrl){${code}}`;
  if (door.has(name)) doorParts.push(part);
  else if (phones.has(name)) {
    phonesParts.push(part);
    doorParts.push(`${JSON.stringify(name)}:"phones"`);
  } else writeFileSync(join(FOLDER, name), code);
}
for (const [pack, parts] of Object.entries({ door: doorParts, phones: phonesParts })) {
  const text = `"use strict";({${parts.join(",\n")}})`;
  if (Buffer.byteLength(text) !== text.length) throw new Error(`${pack}.cjs is not ASCII, as loader.cjs reads it`);
  writeFileSync(join(FOLDER, `${pack}.cjs`), text);
}
for (const name of ["doorward.cjs", "loader.cjs", "keep-compiled.cjs"])
  copyFileSync(join("scripts/program", name), join(FOLDER, name));
chmodSync(join(FOLDER, "doorward.cjs"), 0o755);
try {
  execFileSync(process.execPath, [join(FOLDER, "keep-compiled.cjs")], { stdio: ["ignore", "ignore", "inherit"] });
} catch {
  // It has said why. The program works without.
}
