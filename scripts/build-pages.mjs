// Builds the pages that people open in a browser: dist/app, the owner's app, and dist/portal, the recipient's page;
// with --out FOLDER in another folder than dist.
// The same sources give the same bytes: names carry hashes, and nothing carries a date.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build as bundle } from "esbuild";
import { build } from "vite";

process.env.NODE_ENV = "production"; // whoever builds, a test runner too, gets the same bytes

const { values } = parseArgs({ options: { out: { type: "string", default: "dist" } } });
const out = resolve(values.out);
const [app, recipientPage] = [join(out, "app"), join(out, "portal")];
const { version } = JSON.parse(readFileSync("package.json", "utf8"));

/** What every page has in common. */
const common = {
  configFile: false,
  logLevel: "warn",
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  define: { APP_VERSION: JSON.stringify(version) },
};

await build({
  ...common,
  root: "src/app",
  build: {
    outDir: app,
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
  },
});

const filesIn = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();

// The worker is named by what it keeps: it is fetched anew exactly when a file of the app has changed.
const kept = filesIn(app).filter((file) => file !== "service-worker.js");
const digest = createHash("sha256");
for (const file of kept) digest.update(`${file}\0`).update(readFileSync(join(app, file)));
const shell = {
  version: digest.digest("hex").slice(0, 16),
  files: ["./", ...kept.filter((file) => file !== "index.html").map((file) => `./${file}`)],
};
await bundle({
  entryPoints: ["src/app/worker/service-worker.ts"],
  outfile: join(app, "service-worker.js"),
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  define: { SHELL: JSON.stringify(shell) },
  logLevel: "warning",
});

// Beside each text, what it becomes on the way: a doorbell has better things to do than to compress.
for (const file of filesIn(app)) {
  if (!/\.(?:html|js|css|svg|webmanifest)$/.test(file)) continue;
  const bytes = readFileSync(join(app, file));
  writeFileSync(join(app, `${file}.gz`), gzipSync(bytes, { level: 9 }));
  writeFileSync(join(app, `${file}.br`), brotliCompressSync(bytes));
}

// A page that is opened as a file may load nothing beside it, so all of the recipient's page is one file.
const portal = await bundle({
  entryPoints: ["src/portal/main.tsx"],
  outdir: recipientPage,
  write: false,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  jsx: "automatic",
  jsxImportSource: "preact",
  charset: "utf8",
  logLevel: "warning",
});
const textOf = (extension) => portal.outputFiles.find(({ path }) => path.endsWith(extension)).text;
const style = textOf(".css");
const script = textOf(".js").replaceAll("</script", "<\\/script");
const sourceOf = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const policy = [
  "default-src 'none'",
  `script-src ${sourceOf(script)}`,
  `style-src ${sourceOf(style)}`,
  "img-src data: blob:",
  "media-src blob:",
  "connect-src ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");
const page = readFileSync("src/portal/index.html", "utf8")
  .replace("POLICY", policy)
  .replace("<style></style>", () => `<style>${style}</style>`)
  .replace("<script></script>", () => `<script>${script}</script>`);
mkdirSync(recipientPage, { recursive: true });
writeFileSync(join(recipientPage, "index.html"), page);
