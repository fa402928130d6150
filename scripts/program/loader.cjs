"use strict";
// Gives each part of the program to the others. Packs hold the parts that every start of the doorbell needs; they come compiled
// where keep-compiled.cjs kept what V8 made of them, and are compiled anew where not.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { pathToFileURL } = require("node:url");
const { setFlagsFromString } = require("node:v8");
const { Script } = require("node:vm");

// V8 takes compiled code under the flags that it was compiled under only, and Node's own comes compiled under none: before
// anything else is loaded. The nursery keeps the size that bin/doorward gave it: that was laid out already.
setFlagsFromString("--max-semi-space-size=0");
const { crc32 } = require("node:zlib");

const NAMES = "exports,require,module,__filename,__dirname,importMetaUrl";
/** Compiled code is of one machine and one Node.js. */
const MAKE = `${process.arch}-${process.version}`;
/** Twice 32 bits; V8 would copy code that does not begin at a multiple of 8. */
const CHECKSUM_BYTES = 8;

/**
 * Of the text too: V8 itself compares no more of it than its length, and a damaged file would crash it. Against damage only,
 * whoever can write here needs no forgery: a cryptographic hash would cost a processor without instructions for it a tenth of the start.
 */
function checksumOf(text, code) {
  const sum = Buffer.alloc(CHECKSUM_BYTES);
  sum.writeUInt32LE(crc32(text), 0);
  sum.writeUInt32LE(crc32(code), 4);
  return sum;
}

function keptCode(file, text) {
  try {
    const kept = readFileSync(file);
    const code = kept.subarray(CHECKSUM_BYTES);
    return kept.subarray(0, CHECKSUM_BYTES).equals(checksumOf(text, code)) ? code : undefined;
  } catch {
    return undefined;
  }
}

const packs = new Map();

/** Which of a pack's parts do what; where the value is a text, the part is in the pack of that name. */
function openPack(name) {
  const known = packs.get(name);
  if (known !== undefined) return known.parts;
  const filename = join(__dirname, `${name}.cjs`);
  const keptFile = join(__dirname, `${name}-${MAKE}.kept`);
  const text = readFileSync(filename);
  // The build sees to it that it is ASCII: V8 takes that as it is.
  const script = new Script(text.latin1Slice(), { filename, cachedData: keptCode(keptFile, text) });
  const parts = script.runInThisContext();
  packs.set(name, { parts, filename, keptFile, script });
  return parts;
}

const door = openPack("door");
const loaded = new Map();

function load(name) {
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const path = join(__dirname, name);
  const part = find(name, path);
  const module = { exports: {} };
  loaded.set(name, module);
  part(module.exports, requireFrom, module, path, __dirname, pathToFileURL(path).href);
  return module.exports;
}

function find(name, filename) {
  const part = Object.hasOwn(door, name) ? door[name] : undefined;
  if (typeof part === "string") return openPack(part)[name];
  return (
    part ??
    new Script(`"use strict";(function(${NAMES}){${readFileSync(filename, "utf8")}\n})`, {
      filename,
    }).runInThisContext()
  );
}

const requireFrom = (name) => (name.startsWith("./") ? load(name.slice(2)) : require(name));
requireFrom.resolve = require.resolve;

/** What V8 has compiled of each open pack by now, as files. */
const compiled = () =>
  [...packs.values()].map(({ filename, keptFile, script }) => {
    const code = script.createCachedData();
    return {
      file: keptFile,
      bytes: Buffer.concat([checksumOf(readFileSync(filename), code), code]),
      wasKept: script.cachedDataRejected === false,
    };
  });

module.exports = { load, compiled };
