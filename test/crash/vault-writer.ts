/**
 * Records clip after clip until it is killed and says, on standard output, what it was promised.
 * Arguments: folder, member's public key in hex, day of that key, `honest` or `eager` (acknowledges before it writes).
 */
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { makeSystemClock } from "../../src/device/platform/clock.ts";
import { type AppendFile, openAppend } from "../../src/device/platform/durable-file.ts";
import { silentLog } from "../../src/device/platform/logger.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { Vault } from "../../src/device/vault/vault.ts";
import { fromHex, toHex, utf8 } from "../../src/protocol/bytes.ts";
import { LANES, type Lane } from "../../src/protocol/clip-keys.ts";

const [dir = "", publicKey = "", day = "", mode = "honest"] = process.argv.slice(2);
const EAGER_DELAY_MS = 20;

async function openEagerly(path: string, options: object): Promise<AppendFile> {
  const file = await openAppend(path, options);
  let { size } = file;
  let writing = Promise.resolve();
  return {
    get size() {
      return size;
    },
    async append(...parts) {
      size += parts.reduce((sum, part) => sum + part.length, 0);
      writing = writing.then(() => sleep(EAGER_DELAY_MS)).then(() => file.append(...parts));
    },
    close: () => writing.then(() => file.close()),
  };
}

const say = (...words: (string | number)[]): void => void writeSync(1, `${words.join(" ")}\n`);

const vault = new Vault(
  { dir, quotaBytes: 1e12 },
  {
    crypto: nodeCrypto,
    clock: makeSystemClock({ trust: "trusted" }),
    log: silentLog,
    deviceSigningSeed: new Uint8Array(32).fill(7),
    ...(mode === "eager" ? { openAppend: openEagerly } : {}),
  },
);
await vault.start();
for (;;) {
  const clip = await vault.openClip({
    recipients: [{ day: Number(day), publicKey: fromHex(publicKey) }],
    meta: utf8("meta 0"),
    thumbnail: utf8("thumbnail 0"),
  });
  const id = toHex(clip.id);
  say("kept", id, LANES.meta, 0);
  say("kept", id, LANES.thumbnail, 0);
  const record = async (lane: Lane, fragments: number, bytes: number): Promise<void> => {
    for (let i = 0; i < fragments; i += 1) {
      const { index } = await clip.append(lane, utf8(`${lane} ${i} `.padEnd(bytes, "x")));
      say("kept", id, lane, index);
    }
  };
  await Promise.all([record(LANES.video, 6, 30_000), record(LANES.audio, 9, 3000)]);
  await clip.close("full", utf8("meta 1"));
  say("closed", id);
}
