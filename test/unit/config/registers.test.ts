import { describe, expect, test } from "vitest";
import { configFrom } from "../../../src/device/config/config.ts";
import { ConfigError } from "../../../src/device/config/errors.ts";
import { readConfig } from "../../../src/device/config/read-config.ts";
import { nodeCrypto as crypto } from "../../../src/device/platform/node-crypto.ts";
import { encodeVerifierKey } from "../../../src/protocol/tlog/note.ts";
import { testKey } from "../../fakes/memory-log.ts";

const KEY = encodeVerifierKey(testKey(crypto, "register.example/requests", "ed25519", 1).key);
const OTHER = encodeVerifierKey(testKey(crypto, "other.example", "ed25519", 2).key);
const WITNESS = encodeVerifierKey(testKey(crypto, "witness.example/w1", "cosignature/v1", 3).key);

const registers = (...entries: string[]): string => `[registers]\nfollow = [${entries.join(", ")}]\n`;
const read = (text: string) => configFrom(readConfig(text).values, "/etc/doorward").registers;

function problems(text: string): string {
  try {
    readConfig(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "none";
}

describe("[registers]", () => {
  test("copies none unless told to, then every half hour", () => {
    expect(read("")).toEqual({ follow: [], everyMs: 1_800_000, roomBytes: 256_000_000 });
  });

  test("names each by address and keys; the log's name is its key's", () => {
    const text = registers(
      `{ url = "https://register.example", key = "${KEY}", witnesses = ["${WITNESS}"], quorum = 1 }`,
      `{ url = "http://127.0.0.1:8790/log", key = "${OTHER}" }`,
    );
    expect(read(text).follow).toEqual([
      {
        origin: "register.example/requests",
        url: "https://register.example",
        logKey: KEY,
        witnesses: [WITNESS],
        quorum: 1,
      },
      { origin: "other.example", url: "http://127.0.0.1:8790/log", logKey: OTHER, witnesses: [], quorum: 0 },
    ]);
  });

  test.each([
    ["another scheme", `{ url = "ftp://register.example", key = "${KEY}" }`],
    ["an address with a password", `{ url = "https://me:secret@register.example", key = "${KEY}" }`],
    ["no key", `{ url = "https://register.example" }`],
    ["a key that is none", `{ url = "https://register.example", key = "register.example" }`],
    ["more voices than witnesses", `{ url = "https://register.example", key = "${KEY}", quorum = 1 }`],
    ["a mistyped member", `{ url = "https://register.example", key = "${KEY}", witness = [] }`],
  ])("refuses %s, and says what is wanted", (_what, entry) => {
    expect(problems(registers(entry))).toContain("registers.follow");
  });

  test("refuses one log twice, and a period that is no whole minutes", () => {
    const entry = `{ url = "https://register.example", key = "${KEY}" }`;
    expect(problems(registers(entry, entry))).toContain("names register.example/requests twice");
    expect(problems('[registers]\nevery = "901s"\n')).toContain("whole number of minutes");
    expect(problems('[registers]\nevery = "1min"\n')).toContain("registers.every");
  });
});
