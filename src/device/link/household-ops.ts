import { equalBytes, toBase64url } from "../../protocol/bytes.ts";
import { linkOps } from "../../protocol/link-ops.ts";
import type { MemberChange } from "../../protocol/statements/member.ts";
import type { Household } from "./household.ts";
import type { LinkAnswer, PairingWindow, RequestHandler } from "./link-ports.ts";

export interface HouseholdOpsPorts {
  readonly household: Household;
  readonly invite: () => Promise<PairingWindow>;
  /** Called once a change is on disk. */
  readonly changed: (change: MemberChange) => Promise<void>;
  /** The first keys of days that anybody uploaded: from now on something can be sealed to somebody. */
  readonly firstKeys: (memberKey: Uint8Array) => void;
}

/** What members ask about the household itself. */
export function householdOps(ports: HouseholdOpsPorts): ReadonlyMap<string, RequestHandler> {
  const { household } = ports;
  return new Map<string, RequestHandler>([
    ["household", () => ({ result: linkOps.household.result.write(describe(household)) })],
    [
      "household-change",
      async ({ attachment }): Promise<LinkAnswer> => {
        const change = await household.change(attachment);
        if (change.outcome === "rejected") return { rejected: change.code };
        if (change.outcome === "applied") await ports.changed(change.change);
        const missing = change.outcome === "waiting" ? change.missing : 0;
        return { result: linkOps["household-change"].result.write({ outcome: change.outcome, missing }) };
      },
    ],
    [
      "day-keys",
      async ({ args, member }): Promise<LinkAnswer> => {
        const { firstDay, keys } = linkOps["day-keys"].args.read(args);
        if (keys.length === 0) return { rejected: "link/malformed" };
        if (await household.uploadDayKeys(member.signKey, firstDay, keys)) ports.firstKeys(member.signKey);
        return { result: linkOps["day-keys"].result.write({}) };
      },
    ],
    [
      "invite",
      async ({ member }): Promise<LinkAnswer> => {
        if (member.role !== "owner") return { rejected: "link/not-an-owner" };
        const { qrText, closesAfterMs } = await ports.invite();
        return { result: linkOps.invite.result.write({ qr: qrText, closesAfterMs }) };
      },
    ],
  ]);
}

function describe(household: Household) {
  const { state, quorum, members } = household.view();
  return {
    state,
    quorum,
    members: members.map(({ signKey, role }) => ({ key: signKey, role })),
    waiting: household.links
      .filter(({ signKey }) => !members.some((member) => equalBytes(member.signKey, signKey)))
      .map(({ signKey }) => signKey),
    proposals: household.proposals().map(({ payload, signers }) => ({ payload: toBase64url(payload), signers })),
  };
}
