/**
 * Submits to a register in a folder until it is killed and says, on standard output, the digest of each statement that was
 * accepted. Arguments: folder, first number of the statements, and `honest`, `eager` (says so before it is) or `hasty` (signs
 * a checkpoint before its tiles are there).
 */
import { writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { makeSystemClock } from "../../src/device/platform/clock.ts";
import { silentLog } from "../../src/device/platform/logger.ts";
import { nodeCrypto as crypto } from "../../src/device/platform/node-crypto.ts";
import { toHex, utf8 } from "../../src/protocol/bytes.ts";
import { seedSigner, signStatement } from "../../src/protocol/envelope.ts";
import { readSubmission } from "../../src/protocol/register/leaf.ts";
import { accreditationStatement } from "../../src/protocol/register/statements/accreditation.ts";
import { LogFolder } from "../../src/register/log-folder.ts";
import { Register } from "../../src/register/register.ts";
import { RegisterFolder } from "../../src/register/register-folder.ts";

const [dir = "", first = "0", mode = "honest"] = process.argv.slice(2);
const AT_ONCE = 8;
const LATE_MS = 30;

if (mode === "hasty") {
  const { write } = LogFolder.prototype;
  LogFolder.prototype.write = function (files) {
    const isTiles = files.some(({ path }) => path.startsWith("tile/"));
    const written = isTiles ? sleep(LATE_MS).then(() => write.call(this, files)) : write.call(this, files);
    return isTiles ? Promise.resolve() : written;
  };
}

const folder = new RegisterFolder(crypto, dir);
const operator = await folder.operator();
const register = await Register.open({ crypto, clock: makeSystemClock({ trust: "trusted" }), log: silentLog }, folder);
let next = Number(first);

const say = (digest: Uint8Array): void => void writeSync(1, `${toHex(digest)}\n`);

async function submitForEver(): Promise<void> {
  for (;;) {
    const requester = seedSigner(crypto, crypto.sha256(utf8(`crash ${next}`))).publicKey;
    const payload = {
      register: register.name,
      requester,
      agency: `Agency ${next}`,
      voucher: "A test",
      evidence: "None",
    };
    next += 1;
    const envelope = await signStatement(crypto, accreditationStatement, payload, operator);
    const { digest } = readSubmission(crypto, "accreditation", envelope).statement;
    if (mode === "eager") say(digest);
    const answer = await register.submit("accreditation", envelope);
    if (answer.outcome === "refused") throw new Error(answer.code);
    if (mode !== "eager") say(digest);
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, submitForEver));
