import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { iceServersOf } from "../../../src/device/live/ice-servers.ts";

test("a relay gets credentials that end with the view, as coturn's use-auth-secret checks them", async () => {
  const dir = await mkdtemp(join(tmpdir(), "relay-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const secretFile = join(dir, "secret");
  await writeFile(secretFile, "north\n");
  const relay = { urls: ["turn:turn.example.org:3478", "stun:turn.example.org"], secretFile };
  expect(await iceServersOf(relay, "ab12", 1_700_000_000)).toEqual([
    {
      urls: "turn:turn.example.org:3478",
      username: "1700000000:ab12",
      // echo -n 1700000000:ab12 | openssl dgst -sha1 -hmac north -binary | base64
      credential: "9/aCM+T5dzzM5n7JTIUjl9Job3E=",
    },
    { urls: "stun:turn.example.org", username: null, credential: null },
  ]);
});

test("without a relay nobody else's server is named", async () => {
  expect(await iceServersOf({ urls: [], secretFile: "/nonexistent" }, "ab12", 1)).toEqual([]);
});
