import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../../src/device/config/read-config.ts";
import { configReference } from "../../../src/device/config/reference.ts";

const root = join(import.meta.dirname, "../../..");

test("docs/ref/config.md is what the schema says", async () => {
  await expect(configReference()).toMatchFileSnapshot(join(root, "docs/ref/config.md"));
});

test("the examples of docs/ref/config.md are accepted", () => {
  const examples = [...configReference().matchAll(/```toml\n(.*?)```/gs)].map(([, text = ""]) => text);
  expect(examples).toHaveLength(2);
  for (const text of examples) readConfig(text);
});

describe("firmware/board", () => {
  const folder = join(root, "firmware/board");
  const boards = readdirSync(folder).filter((name) => name.endsWith(".toml"));
  const pinMap = readFileSync(join(folder, "README.md"), "utf8");

  test.each(boards)("%s is accepted, drives real pins and wires them as the pin map says", (name) => {
    const { gpio } = readConfig(readFileSync(join(folder, name), "utf8")).values;
    expect(gpio.driver).not.toBe("simulated");
    const bcm = Object.values(gpio).filter((value) => typeof value === "number");
    const inMap = [...pinMap.matchAll(/^\| [^|]+ \| (\d+) \|/gm)].map(([, number]) => Number(number));
    expect(bcm).toEqual(inMap);
  });

  test("each board of the pin map has its file", () => {
    expect(boards).toEqual([
      "raspberry-pi-3.toml",
      "raspberry-pi-4.toml",
      "raspberry-pi-5.toml",
      "raspberry-pi-zero-2-w.toml",
    ]);
  });

  test("the defaults use the same pins", () => {
    const text = readFileSync(join(folder, "raspberry-pi-4.toml"), "utf8");
    const { driver: _ours, ...defaults } = readConfig("").values.gpio;
    const { driver: _theirs, ...board } = readConfig(text).values.gpio;
    expect(defaults).toEqual(board);
  });
});
