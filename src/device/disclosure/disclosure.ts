/**
 * All that the doorbell's card could hand over about a person or a home, read from the stores as they are. Nothing is decrypted: there
 * is no key on the card that could.
 */

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { toHex } from "../../protocol/bytes.ts";
import type { Crypto } from "../../protocol/crypto.ts";
import { seedSigner } from "../../protocol/envelope.ts";
import { type DeviceKeys, loadDeviceKeys } from "../device-keys.ts";
import { readHousehold, type StoredHousehold } from "../link/household-file.ts";
import { readFileIfThere } from "../platform/durable-file.ts";
import { type DisclosedClip, discloseClips } from "./disclosed-clips.ts";
import { type DisclosedLedger, discloseLedger, signerName } from "./disclosed-ledger.ts";

export interface DisclosedMember {
  /** Ed25519 public key. */
  readonly key: string;
  /** Names the member in signatures of shares. */
  readonly signerName: string;
  readonly role: "owner" | "viewer" | "none";
  /** Public keys of days, and the first of these days. */
  readonly dayKeys: { readonly firstDay: number; readonly days: number } | null;
}

export interface DisclosedFile {
  /** Below the data directory. */
  readonly name: string;
  readonly bytes: number;
}

export interface Disclosure extends DisclosedLedger {
  /** Public key of the doorbell, whose secret lies beside it: it signs in the doorbell's name, and opens nothing. */
  readonly doorbell: string;
  readonly clips: readonly DisclosedClip[];
  readonly unreadableClips: readonly string[];
  readonly members: readonly DisclosedMember[];
  /** Public keys of members who were removed. */
  readonly removed: readonly string[];
  readonly household: { readonly state: number; readonly quorum: number };
  /** Newest UTC day on which anything was recorded. */
  readonly lastDay: number;
  readonly privacyMode: boolean;
  /** Folders of copied registers: how much there is of each, the same in every home that copies it. */
  readonly registers: readonly DisclosedFile[];
  /** What else lies there: keys of the doorbell's own web page and broker, counters, copies of damaged files. */
  readonly otherFiles: readonly DisclosedFile[];
}

/** Files of which all that they say is said elsewhere in a {@link Disclosure}. */
const EXPLAINED =
  /^(?:vault\/clips\/|vault\/catalog\.db|vault\/ballast\.bin$|link\/household\.json$|ledger\.db|pending\.bin$|privacy$|device\.key$|mirror\/|run\/|control\.sock$)/;

/** @throws DeviceKeyError `device-key/missing`; ConsentError, LinkError, AuditError for a store that is damaged. */
export async function readDisclosure(crypto: Crypto, dataDir: string): Promise<Disclosure> {
  const keys = await loadDeviceKeys(dataDir);
  const household = await readHousehold(join(dataDir, "link", "household.json"));
  const { clips, unreadable } = await discloseClips(crypto, dataDir);
  const files = await filesIn(dataDir);
  return {
    doorbell: toHex(keys.publicKey),
    clips,
    unreadableClips: unreadable,
    ...membersOf(crypto, household),
    ...(await ledgerOf(crypto, dataDir, keys)),
    privacyMode: await privacyMode(dataDir),
    registers: registersIn(files),
    otherFiles: files.filter(({ name }) => !EXPLAINED.test(name)),
  };
}

function membersOf(
  crypto: Crypto,
  { state, quorum, lastDay, members, removed }: StoredHousehold,
): Pick<Disclosure, "members" | "removed" | "household" | "lastDay"> {
  return {
    members: members.map(({ signKey, role, dayKeys }) => ({
      key: toHex(signKey),
      signerName: signerName(crypto, signKey),
      role,
      dayKeys: dayKeys === null ? null : { firstDay: dayKeys.firstDay, days: dayKeys.keys.length },
    })),
    removed: removed.map(toHex),
    household: { state, quorum },
    lastDay,
  };
}

const ledgerOf = (crypto: Crypto, dataDir: string, { seed }: DeviceKeys): Promise<DisclosedLedger> =>
  discloseLedger(crypto, dataDir, seedSigner(crypto, seed.reveal()));

async function privacyMode(dataDir: string): Promise<boolean> {
  const stored = await readFileIfThere(join(dataDir, "privacy"));
  return stored !== undefined && new TextDecoder().decode(stored).trim() !== "off";
}

async function filesIn(dataDir: string): Promise<DisclosedFile[]> {
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const bytes = await stat(path).then(
          ({ size }) => size,
          () => 0, // gone meanwhile
        );
        return { name: path.slice(dataDir.length).replace(/^\/+/, ""), bytes };
      }),
  );
  return files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function registersIn(files: readonly DisclosedFile[]): DisclosedFile[] {
  const sums = new Map<string, number>();
  for (const { name, bytes } of files) {
    const [folder, register] = name.split("/");
    if (folder === "mirror" && register !== undefined) sums.set(register, (sums.get(register) ?? 0) + bytes);
  }
  return [...sums].map(([name, bytes]) => ({ name, bytes }));
}
