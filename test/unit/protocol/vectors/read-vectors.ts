import { readFileSync } from "node:fs";
import { join } from "node:path";
import { VECTOR_FOLDER } from "./media.ts";

/** The vectors of a published file. @typeParam V - What the file's page in docs/protocol.md says they are. */
export function readVectors<V>(file: string): V[] {
  return (JSON.parse(readFileSync(join(VECTOR_FOLDER, file), "utf8")) as { vectors: V[] }).vectors;
}
