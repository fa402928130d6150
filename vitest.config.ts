import { defineConfig } from "vitest/config";

/** One vitest project per kind of test. What keeps two cores busy by itself runs its files one after another. */
const kind = (
  name: string,
  timeoutSeconds: number,
  parallel: boolean,
  more: { retry?: number; setupFiles?: string; globalSetup?: string } = {},
) => ({
  test: {
    name,
    ...more,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeoutSeconds * 1000,
    hookTimeout: timeoutSeconds * 1000,
    fileParallelism: parallel,
  },
});

/** Run when they are asked for only: Debian's WebKitGTK hangs now and then on a busy machine, the rig boots a machine of its own. */
const ON_DEMAND = { webkit: 120, rig: 3600 };
const asked = Object.entries(ON_DEMAND).filter(([name]) => process.argv.includes(name));

export default defineConfig({
  test: {
    projects: [
      kind("unit", 30, true),
      kind("contract", 60, true),
      kind("scenario", 180, true),
      kind("crash", 300, false),
      // A browser that a busy machine holds up is no fault of the app's; scripts/test names what passed at a second try.
      kind("browser", 120, true, {
        retry: 1,
        setupFiles: "test/browser/say-what-shows.ts",
        globalSetup: "test/browser/build-once.ts",
      }),
      ...asked.map(([name, timeoutSeconds]) => kind(name, timeoutSeconds, false)),
    ],
    maxWorkers: 2,
  },
});
