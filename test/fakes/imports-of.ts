import { join } from "node:path";
import { build, transform } from "esbuild";

export interface ImportedModule {
  /** Null where the module is computed at run time, so that no rule can be checked. */
  readonly specifier: string | null;
  /** How a failing test shows it. */
  readonly text: string;
}

/**
 * Finds what each file loads at run time, by esbuild's parser: statements over several lines, re-exports, dynamic imports
 * and `require` are all seen; type imports, comments and strings are not taken for imports.
 * @param sources - Path to TypeScript text; nothing is read from disk.
 */
export async function importsOf(sources: ReadonlyMap<string, string>): Promise<Map<string, ImportedModule[]>> {
  const found = new Map<string, ImportedModule[]>([...sources.keys()].map((file) => [file, []]));
  await build({
    entryPoints: [...sources.keys()],
    bundle: true,
    write: false,
    outdir: "/nowhere",
    format: "esm",
    logLevel: "silent",
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    plugins: [
      {
        name: "record imports",
        setup(bundler) {
          bundler.onResolve({ filter: /.*/ }, ({ path, kind, importer }) => {
            if (kind === "entry-point") return { path, namespace: "source" };
            found.get(importer)?.push({ specifier: path, text: path });
            return { path, external: true };
          });
          bundler.onLoad({ filter: /.*/, namespace: "source" }, ({ path }) => ({
            contents: sources.get(path) ?? "",
            loader: path.endsWith("x") ? "tsx" : "ts",
            resolveDir: join("/"),
          }));
        },
      },
    ],
  });
  for (const [file, source] of sources) found.get(file)?.push(...(await computedImports(file, source)));
  return found;
}

/** esbuild reports no import whose argument is not a plain string; those are searched in its comment-free output. */
async function computedImports(file: string, source: string): Promise<ImportedModule[]> {
  const { code } = await transform(source, { loader: file.endsWith("x") ? "tsx" : "ts", minifyWhitespace: true });
  const withoutStrings = code.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""');
  const computed = [...withoutStrings.matchAll(/\bimport\((?!"")(?!`[^`$]*`\))|\bcreateRequire\(/g)];
  return computed.map(([match]) => ({ specifier: null, text: `computed: ${match}` }));
}
