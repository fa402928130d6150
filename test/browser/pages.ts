import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "../..");

/** Builds dist/app and dist/portal from the sources as they are now. */
export async function buildPages(): Promise<void> {
  await promisify(execFile)(process.execPath, ["scripts/build-pages.mjs"], { cwd: root });
}
