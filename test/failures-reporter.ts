import { mkdirSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import type { TestCase, TestModule } from "vitest/node";
import type { Reporter } from "vitest/reporters";

const FILE = ".cache/failed-tests.txt";

/**
 * Writes the tests that failed, a line each with the first line of their errors, to `.cache/failed-tests.txt`, so that
 * `scripts/test` can end with them: whoever reads the end of a long log learns what to run again. Empty when all passed.
 */
export default class FailuresReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = modules.flatMap((module) => {
      const file = relative(process.cwd(), module.moduleId);
      const ofFile = module.errors().map((error) => `${file}: ${firstLine(error.message)}`);
      const ofTests = [...module.children.allTests("failed")].map((test) => `${file}: ${told(test)}`);
      return [...ofFile, ...ofTests];
    });
    mkdirSync(".cache", { recursive: true });
    writeFileSync(FILE, lines.map((line) => `${line}\n`).join(""));
  }
}

const told = (test: TestCase) =>
  `${test.fullName}: ${(test.result().errors ?? []).map((error) => firstLine(error.message)).join("; ")}`;

const firstLine = (text: string) => text.split("\n")[0] ?? "";
