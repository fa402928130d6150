import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Dice } from "../forge/dice.ts";
import { VolatileDisk } from "../rig/nbd/volatile-disk.ts";

const SIZE = 64;
const ALL = 1000;

let dir: string;
let disk: VolatileDisk;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "dw-volatile-"));
  disk = new VolatileDisk(join(dir, "disk.img"), SIZE);
});
afterEach(() => {
  disk.close();
  rmSync(dir, { recursive: true });
});

const letters = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (offset: number, length: number): string => Buffer.from(disk.read(offset, length)).toString();

test("a cut takes what was written since the last flush, and nothing before it", () => {
  disk.write(0, letters("kept"), false);
  disk.flush();
  disk.write(0, letters("gone"), false);
  disk.zero(8, 8, false);
  expect(read(0, 4)).toBe("gone");
  expect(disk.cut(new Dice(1), ALL)).toEqual({ unflushed: 2, dropped: 2 });
  expect(read(0, 4)).toBe("kept");
});

test("a durable write stays without a flush, over one below it that is gone", () => {
  disk.write(0, letters("aaaaaa"), false);
  disk.write(2, letters("FUA"), true);
  disk.cut(new Dice(1), ALL);
  expect(read(0, 6)).toBe("\0\0FUA\0");
});

test("a cut that takes nothing leaves all, in the order in which it was written", () => {
  disk.write(0, letters("first"), false);
  disk.write(2, letters("second"), false);
  expect(disk.cut(new Dice(1), 0)).toEqual({ unflushed: 2, dropped: 0 });
  expect(read(0, 8)).toBe("fisecond");
});

test("what one cut has left, the next takes no more", () => {
  disk.write(0, letters("left"), false);
  disk.cut(new Dice(1), 0);
  expect(disk.cut(new Dice(1), ALL)).toEqual({ unflushed: 0, dropped: 0 });
  expect(read(0, 4)).toBe("left");
});
