import type { LinkPort } from "../link/link-ports.ts";
import type { VaultUsage } from "../vault/types.ts";
import { answer, isOwner, NOT_AN_OWNER } from "./answering.ts";

const MS_PER_DAY = 86_400_000;

export interface DeviceOpsPorts {
  readonly name: () => string;
  readonly vault: { usage(): VaultUsage };
  readonly retentionDays: () => number;
  readonly audit: { export(afterSequence: number, limit: number): Promise<Uint8Array> };
  readonly clock: { synced(): boolean; nowMs(): number };
  readonly camera: () => "on" | "lost" | "privacy";
  readonly privacy: { readonly on: boolean };
  readonly setPrivacy: (on: boolean, member: Uint8Array) => Promise<void>;
}

/** How the doorbell is, privacy mode, and what the audit log says. */
export function answerDeviceOps(link: LinkPort, ports: DeviceOpsPorts): void {
  answer(link, "status", () => {
    const { clips, bytes, quotaBytes } = ports.vault.usage();
    const clockSynced = ports.clock.synced();
    const day = clockSynced ? Math.floor(ports.clock.nowMs() / MS_PER_DAY) : null;
    const { privacy } = ports;
    const storage = { clips, bytes, quotaBytes, retentionDays: ports.retentionDays() };
    const is = { name: ports.name(), camera: ports.camera(), privacy: privacy.on, clockSynced, day };
    return { result: { ...is, ...storage } };
  });

  answer(link, "privacy", async ({ args: { on }, request }) => {
    if (!isOwner(request)) return NOT_AN_OWNER;
    await ports.setPrivacy(on, request.member.signKey);
    return { result: { on } };
  });

  answer(link, "audit", async ({ args: { after, limit }, request }) => {
    if (!isOwner(request)) return NOT_AN_OWNER;
    return { result: {}, attachment: await ports.audit.export(after, limit) };
  });
}
