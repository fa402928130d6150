import { toHex } from "../../protocol/bytes.ts";
import type { ResultOf } from "../../protocol/link-ops.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { withDoorbell } from "../doorbell-session.ts";
import { table } from "../table.ts";
import { duration, shortId } from "../words.ts";

type ShareRow = ResultOf<"shares">["shares"][number];

export async function run(invocation: Invocation): Promise<Outcome> {
  const { terminal } = invocation;
  return withDoorbell(invocation, async ({ doorbell }) => {
    const shares = await doorbell.shares();
    terminal.say(
      shares.length === 0
        ? "No shares."
        : table(
            [{ title: "TOKEN" }, { title: "STATE" }],
            shares.map((share) => [shortId(toHex(share.token)), stateText(share)]),
          ),
    );
    return { json: shares.map(({ token, ...rest }) => ({ token: toHex(token), ...rest })) };
  });
}

function stateText({ state, missingSigners, undoRemainingMs }: ShareRow): string {
  switch (state) {
    case "waiting":
      return `waits for ${missingSigners} more owner${missingSigners === 1 ? "" : "s"}`;
    case "undo-window":
      return `leaves in ${duration(undoRemainingMs)} unless undone`;
    case "delivering":
      return "under way: the recipient has not confirmed all of it yet";
    case "delivered":
      return "delivered";
    case "revoked":
      return "revoked";
    case "void":
      return "void: it expired, its signer is no longer an owner, or the clip is gone";
  }
}
