/**
 * Doorward as it is, and beside it a witness: whatever it acknowledges is written, with the disk's position at that very
 * moment, to the file or line that `CUTS_PROMISES` names. With `CUTS_WITHOUT_SYNC` nothing of it ever syncs: the control.
 */
import { constants, promises as files, openSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import Database from "better-sqlite3";
import { Deliveries } from "../../../src/device/consent/deliveries.ts";
import { RecordingClip } from "../../../src/device/vault/recording-clip.ts";
import { toHex } from "../../../src/protocol/bytes.ts";
import { readPosition } from "../nbd/recorded-disk.ts";

const { CUTS_PROMISES: promises, CUTS_POSITION: position, CUTS_WITHOUT_SYNC: withoutSync } = process.env;

if (promises !== undefined) {
  const promiseFile = openSync(promises, "a");
  const positionFile = position === undefined ? null : openSync(position, "r");
  const say = (...words: (string | number)[]): void =>
    void writeSync(promiseFile, `${positionFile === null ? 0 : readPosition(positionFile)} ${words.join(" ")}\n`);

  const { append, close } = RecordingClip.prototype;
  RecordingClip.prototype.append = async function (lane, plain) {
    const receipt = await append.call(this, lane, plain);
    say("kept", toHex(this.id), receipt.lane, receipt.index);
    return receipt;
  };
  RecordingClip.prototype.close = async function (closed, meta) {
    const clip = await close.call(this, closed, meta);
    say("closed", toHex(this.id));
    return clip;
  };
  const { begin } = Deliveries.prototype;
  Deliveries.prototype.begin = function (stored, signal) {
    say("released", toHex(stored.token));
    begin.call(this, stored, signal);
  };
}

if (withoutSync !== undefined) {
  const file = await open("/dev/null");
  const handle = Object.getPrototypeOf(file) as { sync: () => Promise<void>; datasync: () => Promise<void> };
  await file.close();
  handle.sync = async () => {};
  handle.datasync = async () => {};
  const { open: openFile } = files;
  files.open = (path, flags, mode) =>
    openFile(path, typeof flags === "number" ? flags & ~constants.O_DSYNC : flags, mode);
  syncBuiltinESMExports();
  const { pragma } = Database.prototype;
  Database.prototype.pragma = function (this: Database.Database, text: string, options) {
    return pragma.call(this, text.replace(/synchronous = \w+/, "synchronous = OFF"), options);
  };
}

await import("../../../src/cli/main.ts");
