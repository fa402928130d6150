// Puts the compiled program into a few files, dist/program: loading it from hundreds costs a Pi twice the CPU at each start.
// Commands stay apart (code splitting), so that each start reads its own code only.
import { chmodSync, rmSync } from "node:fs";
import { build } from "esbuild";

/** Packages with a binary stay in node_modules; loading them by `require` spares Node a search for their export names. */
const WITH_BINARIES = ["better-sqlite3", "onoff", "sodium-native", "@roamhq/wrtc"];

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

/** What CommonJS packages expect to be there. */
const commonJsNames = [
  'import { createRequire as createRequireHere } from "node:module";',
  'import { fileURLToPath as pathHere } from "node:url";',
  "const require = createRequireHere(import.meta.url);",
  "const __filename = pathHere(import.meta.url);",
  'const __dirname = pathHere(new URL(".", import.meta.url));',
].join("\n");

rmSync("dist/program", { recursive: true, force: true });
await build({
  entryPoints: { doorward: "dist/cli/main.js", "live-child": "dist/device/live/child-main.js" },
  outdir: "dist/program",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  splitting: true,
  minifyWhitespace: true,
  platform: "node",
  target: "node20",
  format: "esm",
  banner: { js: commonJsNames },
  plugins: [requireBinaries],
  logLevel: "warning",
});
chmodSync("dist/program/doorward.mjs", 0o755);
