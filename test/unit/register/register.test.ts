import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nodeCrypto as crypto } from "../../../src/device/platform/node-crypto.ts";
import { checkRegister } from "../../../src/register/check-register.ts";
import { MAX_WAITING } from "../../../src/register/register.ts";
import { AGENCY, NOON } from "../protocol/register/sample-register.ts";
import { RegisterRig } from "./register-rig.ts";

let rig: RegisterRig;
beforeEach(async () => {
  rig = await RegisterRig.make();
});
afterEach(() => rig.remove());

const check = async () => {
  const { findings } = await checkRegister(crypto, rig.folder, { nowSeconds: NOON + 86_400 });
  return findings.map(({ code }) => code);
};

describe("a register", () => {
  test("begins with its own statement and its rules, published", async () => {
    const register = await rig.open();
    expect(register.size).toBe(2);
    expect((await rig.published()).kinds).toEqual(["register", "rules"]);
    expect(await check()).toEqual([]);
  });

  test("has a statement in its published log before it says so", async () => {
    const register = await rig.open();
    const answer = await register.submit("accreditation", await rig.accreditation());
    expect(answer).toMatchObject({ outcome: "accepted", index: 2, at: NOON });
    const asked = await register.submit("request", await rig.sample.request());
    expect(asked).toMatchObject({ outcome: "accepted", index: 3 });
    expect((await rig.published()).kinds).toEqual(["register", "rules", "accreditation", "request"]);
  });

  test("has nothing of a refused statement, neither in its files nor in what it judges the next by", async () => {
    const register = await rig.open();
    await register.submit("accreditation", await rig.accreditation());
    const before = await rig.published();
    const refused = [
      await register.submit("request", await rig.sample.request({}, "stranger")),
      await register.submit("request", await rig.sample.request({}, "thief", "officer")),
      await register.submit("request", await rig.sample.request({ text: "You must answer" })),
      await register.submit("request", new Uint8Array(20_000)),
      await register.submit("outcome", await rig.sample.request()),
      await register.submit("rules", await rig.sample.rules()),
    ];
    expect(refused.map((answer) => (answer.outcome === "refused" ? answer.code : "accepted"))).toEqual([
      "request/unaccredited",
      "request/signature",
      "request/pressing-words",
      "statement/size",
      "statement/shape",
      "register-leaf/operator",
    ]);
    expect(await rig.published()).toEqual(before);
    expect(await register.submit("request", await rig.sample.request())).toMatchObject({ outcome: "accepted" });
  });

  test("goes on after a restart with the same tree and the same memory", async () => {
    const first = await rig.open();
    await first.submit("accreditation", await rig.accreditation());
    await first.submit("request", await rig.sample.request());
    const before = await rig.published();
    const again = await rig.open();
    expect(await rig.published()).toEqual(before);
    expect(await again.submit("request", await rig.sample.request())).toMatchObject({ code: "request/replayed" });
    expect(await check()).toEqual([]);
  });

  test("keeps its time from falling when the clock is put back", async () => {
    const register = await rig.open();
    rig.clock.jumpTo((NOON - 5_000) * 1_000);
    expect(await register.submit("accreditation", await rig.accreditation())).toMatchObject({ at: NOON });
  });

  test("takes many at once in few writes, each in its place", async () => {
    const register = await rig.open();
    const names = Array.from({ length: 300 }, (_, i) => `officer ${i}`);
    const answers = await Promise.all(
      names.map(async (name) => register.submit("accreditation", await rig.accreditation(name))),
    );
    const places = answers.map((answer) => (answer.outcome === "accepted" ? answer.index : -1));
    expect(places.toSorted((a, b) => a - b)).toEqual(names.map((_, i) => i + 2));
    expect(await check()).toEqual([]);
    expect((await rig.published()).kinds).toHaveLength(302);
  });

  test("is busy when too many wait, and accepts nothing of those", async () => {
    const register = await rig.open();
    const statements = await Promise.all(
      Array.from({ length: MAX_WAITING + 10 }, (_, i) => rig.accreditation(`officer ${i}`)),
    );
    const settled = await Promise.allSettled(statements.map((one) => register.submit("accreditation", one)));
    const busy = settled.filter(({ status }) => status === "rejected");
    expect(busy).toHaveLength(10);
    expect(busy[0]).toMatchObject({ reason: { code: "register/busy" } });
    expect(register.size).toBe(2 + MAX_WAITING);
  });

  test("cannot be opened by two", async () => {
    await rig.open();
    const { Register } = await import("../../../src/register/register.ts");
    const { silentLog } = await import("../../../src/device/platform/logger.ts");
    const ports = { crypto, clock: rig.clock, log: silentLog };
    await expect(Register.open(ports, rig.folder)).rejects.toMatchObject({ code: "register/in-use" });
  });

  test("forgets a statement that the disk refused, and takes it the next time", async () => {
    const register = await rig.open();
    const drafts = join(rig.folder.dir, "drafts");
    await rm(drafts, { recursive: true });
    await writeFile(drafts, "in the way");
    const statement = await rig.accreditation();
    await expect(register.submit("accreditation", statement)).rejects.toMatchObject({ code: "register/write-failed" });
    expect(register.size).toBe(2);
    const again = await rig.open();
    expect(await again.submit("accreditation", statement)).toMatchObject({ outcome: "accepted", index: 2 });
    expect(await again.submit("request", await rig.sample.request())).toMatchObject({ outcome: "accepted" });
    expect(await check()).toEqual([]);
  });

  test("drops old partial tiles once a full one is there, and keeps those of its checkpoint", async () => {
    const register = await rig.open();
    for (let i = 0; i < 5; i += 1) await register.submit("accreditation", await rig.accreditation(`officer ${i}`));
    await rig.clock.advance(600_000);
    const partials = join(rig.folder.publicDir, "tile/0/000.p");
    await expect.poll(() => readdir(partials)).toEqual(["7"]);
    expect(await check()).toEqual([]);
    expect((await rig.published()).kinds).toHaveLength(7);
  });
});

describe("after a crash between", () => {
  /** The folder as it was after the accreditation of an officer, and a register stopped after one more request. */
  async function twoStates(): Promise<string> {
    const register = await rig.open();
    await register.submit("accreditation", await rig.accreditation());
    const before = join(rig.dir, "before");
    await cp(rig.folder.dir, before, { recursive: true });
    await register.submit("request", await rig.sample.request());
    await register.stop();
    return before;
  }

  test("the tiles and the signed checkpoint, the tiles are dropped and the place is free", async () => {
    const before = await twoStates();
    for (const file of ["signed-checkpoint", "public/checkpoint"])
      await cp(join(before, file), join(rig.folder.dir, file));
    expect(await check()).toContain("log/damaged"); // control: the check sees what a crash leaves
    const register = await rig.open();
    expect(register.size).toBe(3);
    expect(await check()).toEqual([]);
    await register.submit("request", await rig.sample.request({ caseNumber: "another" }));
    expect(await check()).toEqual([]);
  });

  test("the signed checkpoint and the published one, the signed one is published", async () => {
    const before = await twoStates();
    const signed = await readFile(join(rig.folder.dir, "signed-checkpoint"), "utf8");
    await cp(join(before, "public/checkpoint"), join(rig.folder.dir, "public/checkpoint"));
    const register = await rig.open();
    expect(register.size).toBe(4);
    expect((await rig.published()).checkpoint).toBe(signed);
    expect(await check()).toEqual([]);
  });
});

describe("a register whose files were changed", () => {
  beforeEach(async () => {
    const register = await rig.open();
    await register.submit("accreditation", await rig.accreditation());
    await register.submit("request", await rig.sample.request());
    await register.stop();
  });

  const change = async (file: string): Promise<void> => {
    const path = join(rig.folder.dir, file);
    const bytes = await readFile(path);
    bytes[bytes.length - 40] = (bytes[bytes.length - 40] ?? 0) ^ 1;
    await writeFile(path, bytes);
  };

  test.each(["public/tile/0/000.p/4", "public/tile/entries/000.p/4", "signed-checkpoint"])(
    "%s: it refuses to go on, and its check says why",
    async (file) => {
      await change(file);
      await expect(rig.open()).rejects.toMatchObject({ code: "register/damaged" });
      expect(await check()).not.toEqual([]);
    },
  );

  test("without the signed checkpoint it refuses to begin anew, which would be a fork", async () => {
    await rm(join(rig.folder.dir, "signed-checkpoint"));
    await expect(rig.open()).rejects.toMatchObject({ code: "register/damaged" });
  });

  test("a published checkpoint ahead of the signed one is a fork in the making", async () => {
    const register = await rig.open();
    const old = await readFile(join(rig.folder.dir, "signed-checkpoint"));
    await register.submit(
      "request",
      await rig.sample.request({ agency: AGENCY, area: { latitude: 0, longitude: 0, radius: 200 } }),
    );
    await register.stop();
    await writeFile(join(rig.folder.dir, "signed-checkpoint"), old);
    await expect(rig.open()).rejects.toMatchObject({ code: "register/damaged" });
  });

  test("a file that is none of the log's is named", async () => {
    await writeFile(join(rig.folder.publicDir, "tile/readers.csv"), "1");
    expect(await check()).toEqual(["log/malformed"]);
  });
});
