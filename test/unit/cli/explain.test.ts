import { expect, test } from "vitest";
import { explain } from "../../../src/cli/explain.ts";
import { troubleExit } from "../../../src/cli/syncing.ts";
import { LogError, type LogErrorCode, logErrors } from "../../../src/protocol/tlog/errors.ts";

/** What a person's own command line or a policy causes, and no log. */
const OF_ONES_OWN: readonly string[] = ["log/key", "log/policy", "log/entry-size"];

test.each(Object.keys(logErrors).filter((code) => !OF_ONES_OWN.includes(code)) as LogErrorCode[])(
  "%s ends the commands of requester and auditor with the status that the owner's end with",
  async (code) => {
    const error = new LogError(code, "what the log showed");
    const registers = [{ outcome: "failed", error } as never];
    expect((await explain(error)).exit).toBe(troubleExit({ registers } as never));
  },
);
