import { bundleProgram } from "../fakes/daemon.ts";
import { buildPages } from "./pages.ts";

/** What browser tests run is built once, before the first of them: from the sources as they are now. */
export default async function buildOnce(): Promise<void> {
  await Promise.all([bundleProgram(), buildPages()]);
}
