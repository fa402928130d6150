import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeCrypto as crypto } from "../../../src/device/platform/node-crypto.ts";
import { toBase64url, toHex, utf8 } from "../../../src/protocol/bytes.ts";
import { discloseRegister, Identifier } from "../../../src/register/disclose-register.ts";
import { RegisterRig } from "./register-rig.ts";

/** What the home is known by that is asked about: its keys, topics, address, place and owner. */
const deviceKey = crypto.sha256(utf8("device"));
const home = [
  toHex(deviceKey),
  toBase64url(crypto.sha256(utf8("member"))),
  "f00d".repeat(8),
  "203.0.113.9",
  "26.13000,-80.14000",
  "Ada Neighbour",
];

let rig: RegisterRig;
beforeEach(async () => {
  rig = await RegisterRig.make();
  const register = await rig.open();
  await register.submit("accreditation", await rig.accreditation());
  // The home is in the area asked about.
  await register.submit(
    "request",
    await rig.sample.request({ area: { latitude: 2_613_000, longitude: -8_014_100, radius: 300 } }),
  );
});
afterEach(() => rig.remove());

const about = (...texts: string[]) =>
  discloseRegister(
    rig.folder.dir,
    texts.map((text) => new Identifier(text)),
  );

test("a register has nothing about a home, although a request covers it", async () => {
  expect(await about(...home)).toEqual([]);
});

test.each([
  ["an access log with its address", "access.log", "203.0.113.9 GET /checkpoint"],
  ["its key in a table", "readers.csv", `1,${toBase64url(deviceKey)}`],
  ["its key in a binary file", "readers.db", Buffer.concat([Buffer.from([1, 2]), deviceKey])],
])("control: %s would be found", async (_, file, bytes) => {
  await writeFile(join(rig.folder.dir, file), bytes);
  expect((await about(...home)).map(({ where }) => where)).toEqual([file]);
});

test("control: a leaf that names the home would be found, whatever member it hides in", async () => {
  const register = await rig.open();
  const place = { latitude: 2_613_000, longitude: -8_014_000, radius: 150 };
  const window = { start: 1_700_000_100, end: 1_700_001_000 };
  await register.submit(
    "request",
    await rig.sample.request({ text: "Near Ada Neighbour's door", area: place, window }),
  );
  expect((await about(...home)).map(({ where, what }) => `${where} ${what}`)).toEqual([
    "leaf 4 request.area",
    "leaf 4 request.text",
  ]);
});

test("about a requester it has what the public log says, each once", async () => {
  const key = toHex(rig.sample.signer("officer").publicKey);
  expect((await about(key)).map(({ where, what }) => `${where} ${what}`)).toEqual([
    "leaf 2 accreditation.requester",
    "leaf 3 request.requester",
  ]);
  const agency = await about("town police");
  expect(agency.map(({ where, what }) => `${where} ${what}`)).toContain("leaf 3 request.card.name");
});

test("about everybody it has every member of every leaf, and its own files", async () => {
  const all = await about();
  expect(all.map(({ where }) => where)).toEqual(
    expect.arrayContaining(["leaf 0", "leaf 3", "log.key", "operator.key"]),
  );
});

test("an identifier that would be found everywhere is refused", () => {
  expect(() => new Identifier("a")).toThrow(RangeError);
});
