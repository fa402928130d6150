/**
 * Serves a witness on a folder until it is killed and says its address. Arguments: folder, the log's verifier key,
 * `honest` or `forgetful` (gives the cosignature away before it writes).
 */
import { writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { parseVerifierKey } from "../../src/protocol/tlog/note.ts";
import { Witness, type WitnessPorts } from "../../src/witness/witness.ts";
import { WitnessMemory } from "../../src/witness/witness-memory.ts";
import { serveWitness } from "../../src/witness/witness-server.ts";
import { testKey } from "../fakes/memory-log.ts";

const FORGETFUL_DELAY_MS = 50;
const [dir = "", logKey = "", mode = "honest"] = process.argv.slice(2);

const memory = WitnessMemory.open(join(dir, "witness.db"));
memory.follow(parseVerifierKey(nodeCrypto, logKey).name, logKey);

const forgetful: WitnessPorts["memory"] = {
  log: (origin) => memory.log(origin),
  logs: () => memory.logs(),
  keepFork: (origin, older, newer) => memory.keepFork(origin, older, newer),
  replace(origin, expected, checkpoint) {
    void sleep(FORGETFUL_DELAY_MS).then(() => memory.replace(origin, expected, checkpoint));
    return true;
  },
};

const witness = new Witness(testKey(nodeCrypto, "witness.example/w1", "cosignature/v1", 100), {
  crypto: nodeCrypto,
  memory: mode === "forgetful" ? forgetful : memory,
  nowSeconds: () => Math.floor(Date.now() / 1000),
});
const { url } = await serveWitness(witness, { host: "127.0.0.1", port: 0 });
writeSync(1, `${url}\n`);
