import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const folder = join(import.meta.dirname, "../../firmware/board/overlays");
const overlays = readdirSync(folder).filter((name) => name.endsWith(".dts"));
/** What stands in the pin map: buttons up, PIR down, outputs down. */
const MAPPED = [12, 16, 17, 22, 23, 24, 25, 27];

const compile = (text: string) =>
  spawnSync("dtc", ["-@", "-I", "dts", "-O", "dtb", "-o", "/dev/null", "-"], { input: text, encoding: "utf8" });

test.each(overlays)("%s compiles without a warning and names the pins of the map, no others", (name) => {
  const text = readFileSync(join(folder, name), "utf8");
  const { status, stderr } = compile(text);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const pins = [...text.matchAll(/brcm,pins = <([\d ]+)>|^\s*pins = (.*);/gm)].flatMap(([found]) =>
    [...found.matchAll(/\d+/g)].map(Number),
  );
  expect(pins.toSorted((a, b) => a - b)).toEqual(MAPPED);
});

test("a broken overlay is noticed", () => {
  expect(compile("/dts-v1/; /plugin/; / { fragment@0 { target = <&gpio> } };").status).not.toBe(0);
});

test("both families of boards have one", () => {
  expect(overlays).toHaveLength(2);
  expect(execFileSync("dtc", ["--version"], { encoding: "utf8" })).toContain("DTC");
});
