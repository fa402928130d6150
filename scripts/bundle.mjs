// Puts the compiled program into a few files, dist/program: loading it from hundreds costs a Pi twice the CPU at each start.
// Commands stay apart (code splitting), so that each start reads its own code only; the daemon is bundled without them, since
// code split among all commands would come to it in sixty pieces.
import { chmodSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "esbuild";

/** Packages with a binary stay in node_modules; loading them by `require` spares Node a search for their export names. */
const WITH_BINARIES = ["better-sqlite3", "onoff", "sodium-native/binding", "@roamhq/wrtc"];

const requireBinaries = {
  name: "require-binaries",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(${WITH_BINARIES.join("|")})$`) }, ({ path, namespace }) =>
      namespace === "binary" ? { path, external: true } : { path, namespace: "binary" },
    );
    onLoad({ filter: /.*/, namespace: "binary" }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
      resolveDir: ".",
    }));
  },
};

/** sodium-native's own search for its file loads four packages; it is left for a machine where the file is not in its place. */
const sodiumBinding = {
  name: "sodium-binding",
  setup({ onLoad }) {
    onLoad({ filter: /\/sodium-native\/binding\.js$/ }, () => ({
      contents: [
        'const built = "sodium-native/prebuilds/linux-" + process.arch + "/sodium-native.node";',
        'try { module.exports = require(built); } catch { module.exports = require("sodium-native/binding"); }',
      ].join("\n"),
    }));
  },
};

/** Modules that another bundle holds: the daemon, and the class by which every command knows our errors. */
const elsewhere = (files) => ({
  name: "elsewhere",
  setup({ onResolve }) {
    onResolve({ filter: /\.js$/ }, ({ path, resolveDir, kind }) => {
      const name = kind === "entry-point" ? undefined : files[relative("dist", join(resolveDir, path))];
      return name === undefined ? undefined : { path: `./${name}.mjs`, external: true };
    });
  },
});

/** What CommonJS packages expect to be there. */
const commonJsNames = [
  'import { createRequire as createRequireHere } from "node:module";',
  'import { fileURLToPath as pathHere } from "node:url";',
  "const require = createRequireHere(import.meta.url);",
  "const __filename = pathHere(import.meta.url);",
  'const __dirname = pathHere(new URL(".", import.meta.url));',
].join("\n");

const bundle = (entryPoints, files) =>
  build({
    entryPoints,
    outdir: "dist/program",
    outExtension: { ".js": ".mjs" },
    alias: { "readable-stream": "node:stream" }, // a copy of Node's own streams, for browsers and an old Node
    bundle: true,
    splitting: true,
    minifyWhitespace: true,
    platform: "node",
    target: "node20",
    format: "esm",
    banner: { js: commonJsNames },
    plugins: [elsewhere(files), sodiumBinding, requireBinaries],
    logLevel: "warning",
  });

rmSync("dist/program", { recursive: true, force: true });
await bundle(
  { doorward: "dist/cli/main.js", "live-child": "dist/device/live/child-main.js", errors: "dist/protocol/errors.js" },
  { "device/main.js": "daemon" },
);
await bundle({ daemon: "dist/device/main.js" }, { "protocol/errors.js": "errors" });
chmodSync("dist/program/doorward.mjs", 0o755);
