import { OwnerError } from "../../owner/errors.ts";
import { toHex } from "../../protocol/bytes.ts";
import type { ResultOf } from "../../protocol/link-ops.ts";
import { chooseByHex } from "../clip-choice.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { CliError } from "../errors.ts";
import { writeOutputFile } from "../private-dir.ts";
import { byteSize, duration } from "../words.ts";

type ShareRow = ResultOf<"shares">["shares"][number];

export async function run(invocation: Invocation): Promise<Outcome> {
  const { args, options, terminal } = invocation;
  const out = options.needed("out");
  return withDoorbell(invocation, async ({ doorbell }) => {
    const find = async (text: string | undefined): Promise<ShareRow> =>
      chooseByHex(await doorbell.shares(), ({ token }) => token, text, "share");
    const row = await find(args[0]);
    assertUnderWay(row);
    const token = toHex(row.token);
    const progress = terminal.progress("Fetching the share");
    try {
      const share = await doorbell.share(row.token, (done, total) => progress.update(done, total));
      await writeOutputFile(out, share);
      progress.end();
      terminal.say(`Saved ${out} (${byteSize(share.length)}). Only its recipient can open it; anyone can carry it.`);
      return { json: { ok: true, token, file: out, bytes: share.length } };
    } catch (error) {
      progress.end();
      // Silence is also how the doorbell refuses: the share may have ended meanwhile.
      if (error instanceof OwnerError && error.code === "owner/no-answer") assertUnderWay(await find(token));
      throw error;
    }
  });
}

/** @throws CliError `cli/too-early`, `cli/too-late`. */
function assertUnderWay({ state, missingSigners, undoRemainingMs }: ShareRow): void {
  switch (state) {
    case "waiting":
      throw new CliError(
        "cli/too-early",
        `${missingSigners} more owner${missingSigners === 1 ? "" : "s"} must sign first`,
      );
    case "undo-window":
      throw new CliError(
        "cli/too-early",
        `it can still be undone for ${duration(undoRemainingMs)}; nothing leaves before`,
      );
    case "delivering":
      return;
    case "delivered":
      throw new CliError("cli/too-late", "the recipient has it already", {
        hint: "The recipient keeps the file: ask there for a copy, or consent anew.",
      });
    default:
      throw new CliError("cli/too-late", `the share is ${state}`, {
        hint: "Consent anew, if you still want to share.",
      });
  }
}
