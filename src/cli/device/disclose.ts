import type { DisclosedShare } from "../../device/disclosure/disclosed-ledger.ts";
import { type Disclosure, readDisclosure } from "../../device/disclosure/disclosure.ts";
import { nodeCrypto } from "../../device/platform/node-crypto.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { deviceConfig } from "../device-config.ts";
import { dayText } from "../request-wish.ts";
import { fields, table } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { byteSize, fingerprint, foreignText, localTime, shortId } from "../words.ts";

/** What is on the card, and tells nothing that can be read. */
const NOT_ON_THE_CARD = [
  "pictures, sound, stills, what caused a clip and at which second: sealed to the members' keys, none of which is here",
  "what an audit entry says: sealed to the members",
  "that a request was looked at, ignored or refused: nothing anywhere says so",
  "shares that were undone, or never had enough signatures: nothing is left of them once they have run out",
];

/** What whoever has the card, the machine or the network may learn besides. */
const CANNOT_KNOW = [
  "what the file system keeps by itself: journal, deleted blocks, access times of a mounted card",
  "the system's log (journald) and swap, if the machine has them",
  "memory of a machine that is taken while it runs: what is being filmed now, the pre-roll, keys of the clip that is open",
  "recorded traffic of the home's broker: with the link keys on this card it can be read, though never a clip",
  "what members keep on their phones, and what left in shares",
];

export async function run({ options, terminal }: Invocation): Promise<Outcome> {
  const { dataDir, registers } = await deviceConfig(options);
  const disclosure = await readDisclosure(nodeCrypto, dataDir);
  terminal.say(`All that ${dataDir} tells whoever has this card:\n`);
  sayClips(terminal, disclosure);
  sayPeople(terminal, disclosure);
  sayShares(terminal, disclosure);
  sayRest(terminal, disclosure, registers.follow.length);
  sayList(terminal, "Not on this card:", NOT_ON_THE_CARD);
  sayList(terminal, "What this command cannot know:", CANNOT_KNOW);
  return { json: { ok: true, ...disclosure, notOnTheCard: NOT_ON_THE_CARD, cannotKnow: CANNOT_KNOW } };
}

interface DayOfClips {
  clips: number;
  pinned: number;
  bytes: number;
  fragments: number;
  readonly born: string[];
}

function sayClips(terminal: Terminal, { clips, unreadableClips }: Disclosure): void {
  const days = new Map<number, DayOfClips>();
  for (const { day, bytes, pinned, pictureFragments, bornMs } of clips) {
    const sums = days.get(day) ?? { clips: 0, pinned: 0, bytes: 0, fragments: 0, born: [] };
    sums.clips += 1;
    sums.pinned += pinned ? 1 : 0;
    sums.bytes += bytes;
    sums.fragments += pictureFragments;
    if (bornMs !== null) sums.born.push(localTime(bornMs).slice(11));
    days.set(day, sums);
  }
  terminal.say(`CLIPS: ${clips.length}. Their days, sizes and random ids; that they were recorded, not what.`);
  if (clips.length > 0) {
    const columns = [
      { title: "DAY (UTC)" },
      { title: "CLIPS", align: "right" },
      { title: "PINNED", align: "right" },
      { title: "SIZE", align: "right" },
      { title: "FRAGMENTS", align: "right" },
      { title: "FILES MADE AT" },
    ] as const;
    const rows = [...days].map(([day, sums]) => [
      dayText(day),
      String(sums.clips),
      String(sums.pinned),
      byteSize(sums.bytes),
      String(sums.fragments),
      madeAt(sums.born),
    ]);
    terminal.say(table(columns, rows));
    if (clips.some(({ bornMs }) => bornMs !== null)) {
      terminal.say("The last column is kept by the file system itself: it is about when each recording began.");
    }
  }
  if (unreadableClips.length > 0) terminal.say(`Damaged, and so not counted: ${unreadableClips.join(", ")}.`);
  terminal.say();
}

function madeAt(times: readonly string[]): string {
  if (times.length === 0) return "not kept";
  return times.length <= 4 ? times.join(" ") : `${times.slice(0, 3).join(" ")} … ${times.at(-1)}`;
}

function sayPeople(terminal: Terminal, disclosure: Disclosure): void {
  const { members, removed, household, lastDay, auditDays, privacyMode, doorbell } = disclosure;
  terminal.say(
    `PEOPLE: ${counted(members.length, "member key")}, no names; with each the shared keys of its link. Quorum ${household.quorum}, ${counted(household.state, "change")}.`,
  );
  for (const { key, role, dayKeys } of members) {
    const days =
      dayKeys === null ? "no keys of days" : `keys of ${dayKeys.days} days from ${dayText(dayKeys.firstDay)} on`;
    terminal.say(`  ${fingerprint(key)}  ${role === "none" ? "not let in" : role}, ${days}`);
  }
  if (removed.length > 0) terminal.say(`  removed: ${removed.map((key) => fingerprint(key)).join("; ")}`);
  const audited = auditDays.map(({ day, rows }) => `${dayText(day)}: ${rows}`).join(", ");
  terminal.say(
    fields([
      ["doorbell", fingerprint(doorbell)],
      ["last recording", lastDay === 0 ? "never" : dayText(lastDay)],
      ["privacy mode", privacyMode ? "on" : "off"],
      ["audit entries", audited === "" ? "none" : audited],
    ]),
  );
  terminal.say();
}

function sayShares(terminal: Terminal, { shares, ended, forbidden }: Disclosure): void {
  terminal.say(`SHARES: ${shares.length} not ended. While one waits or is under way, all of it is here.`);
  for (const share of shares) terminal.say(fields(shareRows(share)));
  const { delivered, revoked, void: lapsed } = ended;
  terminal.say(
    `  ended: ${delivered} delivered, ${revoked} revoked, ${lapsed} lapsed; of these only random numbers are left`,
  );
  for (const { token, until } of forbidden) {
    const when = until === 0 ? "for as long as its end is not known" : `until ${localTime(until * 1_000)}`;
    terminal.say(`  a consent ${shortId(token)} was forbidden or undone; its number stays ${when}`);
  }
  terminal.say();
}

function shareRows(share: DisclosedShare): (readonly [string, string])[] {
  return [
    ["share", `${shortId(share.token)}, ${share.state}`],
    ["clip", shortId(share.clip)],
    ["to", `${foreignText(share.recipientName)}, ${foreignText(share.inbox)}`],
    ["basis", share.request === null ? share.basis : `${share.basis}, request ${shortId(share.request)}`],
    ["purpose", share.purpose === "" ? "none given" : foreignText(share.purpose)],
    ["signed by", share.signers.join(", ")],
  ];
}

function sayRest(terminal: Terminal, { registers, otherFiles }: Disclosure, followed: number): void {
  terminal.say(
    `REGISTERS: ${registers.length} copied, ${followed} in the configuration; the same bytes as everybody has, and no mark in them.`,
  );
  terminal.say(otherFiles.length === 0 ? "OTHER FILES: none" : "OTHER FILES:");
  for (const { name, bytes } of otherFiles) {
    const says = otherFileWords[name];
    terminal.say(`  ${name}  ${byteSize(bytes)}${says === undefined ? "" : `  ${says}`}`);
  }
  terminal.say(
    "The configuration, beside this folder, names the doorbell, the camera, perhaps with a password, and brokers.",
  );
}

const otherFileWords: Readonly<Record<string, string>> = {
  "link/first-pairing.bin": "the secret of the pairing code, as long as nobody has paired",
  "link/link-counters.bin": "about how many messages each member and the doorbell have exchanged",
};

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;

function sayList(terminal: Terminal, title: string, lines: readonly string[]): void {
  terminal.say(`\n${title}`);
  for (const line of lines) terminal.say(`  - ${line}`);
}
