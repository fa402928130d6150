/**
 * Runs inside the machine that has booted after a cut, ahead of its daemon: arguments are the data folder and the
 * configuration, standard input has the promises that left before the cut. Lets the vault mend itself, as the daemon's start
 * does; prints what is lost, and what `doorward check` finds.
 */
import { readFileSync } from "node:fs";
import { keyOf, readCatalog, readClipFile } from "../../crash/clip-files.ts";
import { checkFindings } from "../../crash/world.ts";
import { recoverVault } from "../cuts/judge.ts";
import { parsePromises } from "../cuts/promises.ts";

const [device = "", config = ""] = process.argv.slice(2);
await recoverVault(device);
const clips = new Map(
  readCatalog(device).map(({ id, rows }) => {
    const content = readClipFile(device, id);
    const isClosed = content !== null && content.head.manifest !== null;
    const inFile = new Set(content?.records.map((record) => keyOf(record.leaf)));
    return [id, { isClosed, kept: new Set(rows.map(keyOf).filter((key) => inFile.has(key))) }];
  }),
);
const promises = parsePromises(readFileSync(0, "utf8"));
const lost = promises.flatMap((promise) => {
  if (promise.kind === "closed" && clips.get(promise.clip)?.isClosed !== true)
    return [`clip ${promise.clip} is not closed`];
  if (promise.kind === "kept" && clips.get(promise.clip)?.kept.has(promise.key) !== true)
    return [`fragment ${promise.clip} ${promise.key}`];
  return [];
});
console.log(JSON.stringify({ lost, check: await checkFindings(config) }));
