import { join } from "node:path";
import { build, type Plugin } from "esbuild";

/** The program does without: it must run where nothing but Node.js is. */
const withoutBinaries: Plugin = {
  name: "without-binaries",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^sodium-native$/ }, ({ path }) => ({ path, namespace: "none" }));
    onLoad({ filter: /.*/, namespace: "none" }, () => ({ contents: "module.exports = null;" }));
  },
};

/** test/rig/guest/listen.ts and all that it needs, in one text. */
export async function bundledListener(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(process.cwd(), "test/rig/guest/listen.ts")],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    plugins: [withoutBinaries],
    logLevel: "warning",
  });
  return outputFiles[0]?.text ?? "";
}
