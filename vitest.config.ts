import { defineConfig } from "vitest/config";

/** One vitest project per kind of test; a slow kind runs its files one after another so that two cores suffice. */
const kind = (name: string, timeoutSeconds: number, parallel: boolean) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeoutSeconds * 1000,
    hookTimeout: timeoutSeconds * 1000,
    fileParallelism: parallel,
  },
});

/** Debian's WebKitGTK hangs now and then on a busy machine: `npm run webkit` alone runs these. */
const isAsked = process.argv.includes("webkit");

export default defineConfig({
  test: {
    projects: [
      kind("unit", 30, true),
      kind("contract", 60, true),
      kind("scenario", 180, false),
      kind("crash", 300, false),
      kind("browser", 120, false),
      ...(isAsked ? [kind("webkit", 120, false)] : []),
    ],
    maxWorkers: 2,
  },
});
