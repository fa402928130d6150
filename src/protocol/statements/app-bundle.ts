import type { StatementKind } from "../envelope.ts";
import { array, bytes, object, text, type ValueOf } from "../shape.ts";

const shape = object({
  /** Every file of the built app but this statement, sorted by path; paths as in a URL, without a leading slash. */
  files: array(object({ path: text(200), sha256: bytes(32) }), 500),
});

/** Which files make up one build of the app, signed by whoever built it. */
export type AppBundle = ValueOf<typeof shape>;

export const appBundleStatement: StatementKind<AppBundle> = { kind: "app-bundle", shape };
