import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { configFrom } from "../../../src/device/config/config.ts";
import { readConfig } from "../../../src/device/config/read-config.ts";
import type { LinkRequest, RequestHandler, Role } from "../../../src/device/link/link-ports.ts";
import { answerSettingsOps } from "../../../src/device/ops/settings-ops.ts";
import { changedSettings, OwnerSettingsFile, settingsOf } from "../../../src/device/owner-settings.ts";
import type { Json } from "../../../src/protocol/canonical-json.ts";
import type { OwnerSettings } from "../../../src/protocol/link-ops.ts";

const config = configFrom(readConfig('[device]\nname = "Front door"\n[storage]\nkeep = "14d"\n').values, "/");
const wish: OwnerSettings = {
  name: "Back door",
  retentionDays: 3,
  undoMs: 60_000,
  quiet: [{ fromMinute: 1320, untilMinute: 420 }],
};

let dir: string;
let file: OwnerSettingsFile;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-settings-"));
  file = new OwnerSettingsFile(join(dir, "settings.json"));
  await file.load();
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe("what an owner set from the app", () => {
  test("counts before the configuration file, also after a restart, and changes nothing else", async () => {
    expect(file.over(config)).toBe(config);
    await file.set(wish);
    const again = new OwnerSettingsFile(join(dir, "settings.json"));
    await again.load();
    expect(settingsOf(again.over(config))).toEqual(wish);
    expect(again.over(config).storage.quotaBytes).toBe(config.storage.quotaBytes);
    expect(again.over(config).sensor.pins).toEqual(config.sensor.pins);
  });

  test("is forgotten at a factory reset; a damaged file is set aside and the configuration file counts", async () => {
    await file.set(wish);
    await file.clear();
    expect(file.over(config)).toBe(config);
    await writeFile(join(dir, "settings.json"), "{}");
    expect(await file.load()).toBe("damaged");
    expect(file.over(config)).toBe(config);
    expect(await readFile(join(dir, "settings.json.damaged"), "utf8")).toBe("{}");
  });

  test("is audited by the names of what changed", () => {
    expect(changedSettings(settingsOf(config), wish)).toEqual([
      "device.name",
      "storage.keep",
      "sharing.undo_window",
      "chime.quiet",
    ]);
    expect(changedSettings(wish, { ...wish, undoMs: 0 })).toEqual(["sharing.undo_window"]);
    expect(changedSettings(wish, wish)).toEqual([]);
  });
});

describe("settings-change", () => {
  const changes: OwnerSettings[] = [];
  const handlers = new Map<string, RequestHandler>();
  answerSettingsOps(
    { onRequest: (op, handler) => void handlers.set(op, handler) },
    {
      current: () => settingsOf(config),
      canPush: () => true,
      change: (next) => {
        changes.push(next);
        return Promise.resolve();
      },
    },
  );
  const ask = async (op: string, args: Json, role: Role) => {
    const request: LinkRequest = {
      op,
      args,
      attachment: new Uint8Array(),
      member: { signKey: new Uint8Array(32), role },
    };
    return handlers.get(op)?.(request, new AbortController().signal);
  };
  const json = wish as unknown as Json;

  test("is an owner's, with a name that can be read and numbers in range", async () => {
    expect(await ask("settings", {}, "viewer")).toEqual({ result: { ...settingsOf(config), push: true } });
    expect(await ask("settings-change", json, "viewer")).toEqual({ rejected: "link/not-an-owner" });
    expect(await ask("settings-change", json, "owner")).toEqual({ result: {} });
    for (const name of [" ", "a\nb", "a\u202eb"]) {
      expect(await ask("settings-change", { ...wish, name }, "owner")).toHaveProperty("rejected");
    }
    for (const wrong of [{ retentionDays: 0 }, { undoMs: -1 }, { undoMs: 86_400_001 }, { name: 5 }, { more: 1 }]) {
      await expect(ask("settings-change", { ...wish, ...wrong }, "owner")).rejects.toThrow();
    }
    expect(changes).toEqual([wish]);
  });
});
