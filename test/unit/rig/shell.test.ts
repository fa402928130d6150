import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { asRoot, quoted } from "../../rig/shell.ts";

const hard = `it's "$HOME" \\ and\na new line`;
const printed = (command: string, env: NodeJS.ProcessEnv = process.env): string =>
  execFileSync("sh", ["-c", command], { encoding: "utf8", env });

test("a shell gives a quoted word back as it was", () => {
  expect(printed(`printf %s ${quoted(hard)}`)).toBe(hard);
});

test("root's command is left as it is; another user's goes through sudo, whole", () => {
  const command = `printf '%s|' "$0" ${quoted(hard)}; true`;
  expect(asRoot("root", command)).toBe(command);
  const sudo = `sudo() { [ "$1" = -n ] && shift && "$@"; }; ${asRoot("pi", command)}`;
  expect(printed(sudo)).toBe(`sh|${hard}|`);
});
