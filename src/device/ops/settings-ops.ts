import { HIDDEN_CHARACTER } from "../../protocol/hidden-characters.ts";
import type { OwnerSettings } from "../../protocol/link-ops.ts";
import type { LinkPort } from "../link/link-ports.ts";
import { answer, isOwner, NOT_AN_OWNER } from "./answering.ts";

export interface SettingsOpsPorts {
  readonly current: () => OwnerSettings;
  readonly canPush: () => boolean;
  /** Settles once it would survive a power cut. */
  readonly change: (next: OwnerSettings) => Promise<void>;
}

/** What an owner may set from the app. Privacy mode is an operation of its own. */
export function answerSettingsOps(link: Pick<LinkPort, "onRequest">, ports: SettingsOpsPorts): void {
  answer(link, "settings", () => ({ result: { ...ports.current(), push: ports.canPush() } }));

  answer(link, "settings-change", async ({ args, request }) => {
    if (!isOwner(request)) return NOT_AN_OWNER;
    const name = args.name.trim();
    if (name === "" || HIDDEN_CHARACTER.test(name)) return { rejected: "link/malformed" };
    await ports.change({ ...args, name });
    return { result: {} };
  });
}
