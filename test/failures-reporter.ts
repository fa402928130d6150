import { mkdirSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import type { SerializedError } from "vitest";
import type { TestModule } from "vitest/node";
import type { Reporter } from "vitest/reporters";

const FILE = ".cache/failed-tests.txt";

/**
 * Writes the tests that failed, a line each with the first line of their errors, to `.cache/failed-tests.txt`, so that
 * `scripts/test` can end with them: whoever reads the end of a long log learns what to run again. So are those that passed
 * at a second try only, which have a cause too. Empty when all passed at once.
 */
export default class FailuresReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const ofModules = modules.flatMap((module) => {
      const file = relative(process.cwd(), module.moduleId);
      // A suite has the errors of its own hooks.
      const ofSuites = [module, ...module.children.allSuites()].flatMap((suite) => suite.errors().map(firstLine));
      const ofTests = [...module.children.allTests("failed")].map((test) => {
        const errors = test.result().errors ?? [];
        return `${test.fullName}: ${errors.map(firstLine).join("; ")}`;
      });
      const ofSecondTries = [...module.children.allTests("passed")]
        .filter((test) => test.diagnostic()?.flaky === true)
        .map((test) => `${test.fullName}: passed at a second try only`);
      return [...ofSuites, ...ofTests, ...ofSecondTries].map((line) => `${file}: ${line}`);
    });
    const lines = [...ofModules, ...unhandled.map((error) => `outside of any test: ${firstLine(error)}`)];
    mkdirSync(".cache", { recursive: true });
    writeFileSync(FILE, lines.map((line) => `${line}\n`).join(""));
  }
}

const firstLine = ({ message = "" }: Pick<Partial<SerializedError>, "message">) => message.split("\n")[0] ?? "";
