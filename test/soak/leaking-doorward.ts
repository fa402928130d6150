/** Doorward with a leak beside it, of memory and of handles: the control of the soak. */
import { openSync } from "node:fs";

const LEAK_EVERY_MS = 500;
const LEAK_BYTES = 1 << 20;

const leaked: unknown[] = [];
setInterval(() => leaked.push(Buffer.alloc(LEAK_BYTES, 1), openSync("/dev/null", "r")), LEAK_EVERY_MS).unref();

await import("../../src/cli/main.ts");
