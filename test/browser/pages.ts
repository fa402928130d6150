import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "../..");

/** Builds the app and the recipient's page from the sources as they are now, as folders `app` and `portal` of this one. */
export async function buildPages(into = "dist"): Promise<void> {
  await promisify(execFile)(process.execPath, ["scripts/build-pages.mjs", "--out", into], { cwd: root });
}
