import type { CommandDefinition, OptionDefinition } from "../definition.ts";

const homeFlag: OptionDefinition = {
  flags: "--home <dir>",
  meaning: "where this owner's keys are kept (default: ~/.local/share/doorward/owner)",
};
const yesFlag: OptionDefinition = { flags: "--yes", meaning: "do not ask" };
const clipArg = { name: "<clip>", meaning: "the clip's id, or enough of its beginning; `last` is the newest" };
const tokenArg = { name: "<token>", meaning: "the share's token, or enough of its beginning" };

const lookCommands: readonly CommandDefinition[] = [
  {
    path: "owner init",
    summary: "Make an owner's keys on this machine",
    options: [homeFlag],
    examples: [{ command: "doorward owner init", meaning: "once, before pairing" }],
    load: () => import("../owner/init.ts"),
  },
  {
    path: "owner pair",
    summary: "Pair with a doorbell whose pairing window is open",
    args: [{ name: "<text>", meaning: "the text that `doorward pair` shows" }],
    options: [homeFlag],
    examples: [
      { command: 'doorward owner pair "$(doorward pair --json | jq -r .text)"', meaning: "both on one machine" },
    ],
    load: () => import("../owner/pair.ts"),
  },
  {
    path: "owner clips",
    summary: "List the clips that the doorbell holds",
    options: [
      homeFlag,
      { flags: "--since <date>", meaning: "only from this day on (YYYY-MM-DD)" },
      { flags: "--limit <n>", meaning: "at most so many, newest first", preset: "50" },
    ],
    examples: [{ command: "doorward owner clips --since 2026-03-01", meaning: "this month's visitors" }],
    load: () => import("../owner/clips.ts"),
  },
  {
    path: "owner open",
    summary: "Fetch, verify and decrypt a clip",
    args: [clipArg],
    options: [homeFlag, { flags: "--out <file>", meaning: "the MP4 to write", required: true }],
    examples: [{ command: "doorward owner open last --out door.mp4", meaning: "play door.mp4 with any player" }],
    load: () => import("../owner/open.ts"),
  },
  {
    path: "owner pin",
    summary: "Keep a clip beyond the retention time",
    args: [clipArg],
    options: [homeFlag],
    examples: [{ command: "doorward owner pin 4f1c", meaning: "keep it until you unpin it" }],
    load: () => import("../owner/pin.ts"),
  },
  {
    path: "owner unpin",
    summary: "Let a clip go when its time comes",
    args: [clipArg],
    options: [homeFlag],
    examples: [{ command: "doorward owner unpin 4f1c", meaning: "retention applies again" }],
    load: () => import("../owner/unpin.ts"),
  },
  {
    path: "owner erase",
    summary: "Erase a clip now",
    args: [clipArg],
    options: [homeFlag, yesFlag],
    examples: [{ command: "doorward owner erase 4f1c", meaning: "asks first; there is no way back" }],
    load: () => import("../owner/erase.ts"),
  },
];

/** What every consent can add, and how long it holds. */
const wishOptions: readonly OptionDefinition[] = [
  { flags: "--sound", meaning: "share the sound of that part too" },
  { flags: "--purpose <text>", meaning: "what it is for; the recipient can prove that you said so" },
  { flags: "--expires <time>", meaning: "the doorbell sends nothing after this: 30m, 12h, 7d", preset: "7d" },
  { flags: "--tell-name <text>", meaning: "add your name" },
  { flags: "--tell-contact <text>", meaning: "add how to reach you" },
  { flags: "--tell-place <text>", meaning: "add where the camera stands and looks" },
  { flags: "--tell-doorbell", meaning: "add the proof that ties this clip to others of your doorbell" },
  yesFlag,
];

const shareCommands: readonly CommandDefinition[] = [
  {
    path: "owner consent",
    summary: "Share a part of a clip with one recipient",
    details:
      "Shows exactly what would be shared, with whom and until when, and asks. The doorbell waits out the undo window before the first byte leaves. Sound stays home unless you add it; so does every fact about you.",
    args: [clipArg],
    options: [
      homeFlag,
      { flags: "--to <file>", meaning: "the recipient's card", required: true },
      {
        flags: "--seconds <from-to>",
        meaning: "part to share, such as 3-8; whole fragments inside it only",
        required: true,
      },
      { flags: "--basis <basis>", meaning: "own (your wish) or compelled (a legal order)", preset: "own" },
      ...wishOptions,
    ],
    examples: [
      { command: "doorward owner consent last --to anna.card --seconds 3-8", meaning: "five seconds, picture only" },
      {
        command: 'doorward owner consent 4f1c --to anna.card --seconds 0-12 --sound --purpose "your parcel"',
        meaning: "with sound, and what it is for",
      },
    ],
    load: () => import("../owner/consent.ts"),
  },
  {
    path: "owner compelled",
    summary: "Answer a legal order: what was filmed in a range of time, and nothing else",
    details:
      "Signs one consent for each clip of the range, with the basis `compelled` and keys for exactly the fragments that lie wholly in it. Shows all of it and asks first. The shares go to the inbox of the card; with --out they are saved as files too, once the undo window is over. Exit status 4 when a clip of those days could not be read.",
    options: [
      homeFlag,
      { flags: "--to <file>", meaning: "the recipient's card", required: true },
      {
        flags: "--from <time>",
        meaning: "from what was filmed then: 2026-03-01T18:00 (local), or with Z",
        required: true,
      },
      { flags: "--until <time>", meaning: "until before then", required: true },
      { flags: "--sound", meaning: "hand over the sound too" },
      { flags: "--purpose <text>", meaning: "the order, such as its number and court" },
      { flags: "--expires <time>", meaning: "the doorbell sends nothing after this: 30m, 12h, 7d", preset: "7d" },
      { flags: "--out <dir>", meaning: "save each share in this folder, to carry it by hand" },
      yesFlag,
    ],
    examples: [
      {
        command:
          'doorward owner compelled --to court.card --from 2026-03-01T18:00 --until 2026-03-01T20:00 --purpose "Order 12/34, District Court"',
        meaning: "two hours, picture only",
      },
    ],
    load: () => import("../owner/compelled.ts"),
  },
  {
    path: "owner hold",
    summary: "Keep the clips of a range of time, whatever retention says",
    details:
      "For what must not be lost: a dispute, an order to preserve. The doorbell pins the clips, this folder keeps the seeds that open them, so that they open also when their days' keys are forgotten. Whoever has the doorbell's card sees pinned clips, and not why.",
    args: [{ name: "<name>", meaning: "a name of your own for it" }],
    options: [
      homeFlag,
      {
        flags: "--from <time>",
        meaning: "from what was filmed then: 2026-03-01T18:00 (local), or with Z",
        required: true,
      },
      { flags: "--until <time>", meaning: "until before then; not after now", required: true },
    ],
    examples: [
      {
        command: 'doorward owner hold "the fence" --from 2026-03-01T18:00 --until 2026-03-01T20:00',
        meaning: "two hours stay",
      },
    ],
    load: () => import("../owner/hold.ts"),
  },
  {
    path: "owner unhold",
    summary: "End a hold: its clips go when their time comes",
    details: "Clips that you had pinned yourself, or that another hold keeps, stay.",
    args: [{ name: "<name>", meaning: "the hold's name" }],
    options: [homeFlag],
    examples: [{ command: 'doorward owner unhold "the fence"', meaning: "retention applies again" }],
    load: () => import("../owner/unhold.ts"),
  },
  {
    path: "owner holds",
    summary: "List what is held",
    options: [homeFlag],
    examples: [{ command: "doorward owner holds", meaning: "names, ranges, how many clips" }],
    load: () => import("../owner/holds.ts"),
  },
  {
    path: "owner approve",
    summary: "Sign a share that another owner started",
    details: "Where the household's quorum asks for several owners. Shows what would be shared, and asks.",
    args: [tokenArg],
    options: [homeFlag, yesFlag],
    examples: [{ command: "doorward owner approve 9b02", meaning: "the token is in `doorward owner shares`" }],
    load: () => import("../owner/approve.ts"),
  },
  {
    path: "owner undo",
    summary: "Take a share back while the doorbell still waits",
    args: [tokenArg],
    options: [homeFlag],
    examples: [
      { command: "doorward owner undo 9b02", meaning: "within the undo window nothing has left the doorbell" },
    ],
    load: () => import("../owner/undo.ts"),
  },
  {
    path: "owner revoke",
    summary: "Forbid a share for good, whatever has become of it",
    details: "What was delivered already stays delivered. A share that still waits, or is under way, ends.",
    args: [tokenArg],
    options: [homeFlag],
    examples: [{ command: "doorward owner revoke 9b02", meaning: "also before the doorbell has seen the consent" }],
    load: () => import("../owner/revoke.ts"),
  },
  {
    path: "owner shares",
    summary: "List shares that wait, are under way or have arrived",
    options: [homeFlag],
    examples: [{ command: "doorward owner shares", meaning: "what has left, and what has not" }],
    load: () => import("../owner/shares.ts"),
  },
  {
    path: "owner save",
    summary: "Save a share that is under way as a file, to carry it by hand",
    details:
      "The same bytes that the doorbell delivers, sealed to the same recipient: any way is safe to carry them. It goes on delivering them until the recipient has them or the share is revoked.",
    args: [tokenArg],
    options: [homeFlag, { flags: "--out <file>", meaning: "the share to write", required: true }],
    examples: [
      { command: "doorward owner save 9b02 --out share.tar", meaning: "for a recipient whose inbox nobody reaches" },
    ],
    load: () => import("../owner/save.ts"),
  },
  {
    path: "owner privacy",
    summary: "Switch camera and microphone off or on",
    details: "While it is on, the camera process does not exist and nothing can be recorded. The bell still rings.",
    args: [{ name: "<state>", meaning: "on, off or status" }],
    options: [homeFlag],
    examples: [
      { command: "doorward owner privacy on", meaning: "friends in the front garden" },
      { command: "doorward owner privacy status", meaning: "is anything watching?" },
    ],
    load: () => import("../owner/privacy.ts"),
  },
  {
    path: "owner audit",
    summary: "Show what the doorbell's audit log says",
    options: [homeFlag, { flags: "--limit <n>", meaning: "at most so many entries, newest last", preset: "50" }],
    examples: [{ command: "doorward owner audit", meaning: "every consent and change that was accepted" }],
    load: () => import("../owner/audit.ts"),
  },
];

const requestArg = { name: "<request>", meaning: "the request's digest, or enough of its beginning" };

const requestCommands: readonly CommandDefinition[] = [
  {
    path: "owner place",
    summary: "Say where your home stands, so that requests around it can be found",
    details:
      "The place stays in this owner's folder: every request is fetched by everybody, and compared with your place here. Without a flag the place is shown.",
    options: [
      homeFlag,
      { flags: "--at <lat,lon>", meaning: "degrees north and east, such as 26.1224,-80.1373" },
      { flags: "--clear", meaning: "forget it" },
    ],
    examples: [
      { command: "doorward owner place --at 26.1224,-80.1373", meaning: "any map shows these two numbers" },
      { command: "doorward owner place", meaning: "show it" },
    ],
    load: () => import("../owner/place.ts"),
  },
  {
    path: "owner sync",
    summary: "Fetch what every look fetches: clip times and registers, and nothing more",
    details:
      "The same messages and the same files as `doorward owner requests`, which only prints more. Run it now and then, by a timer if you like: somebody who reads the traffic then cannot tell when you looked.",
    options: [homeFlag],
    examples: [{ command: "doorward owner sync", meaning: "by a timer, once a day" }],
    load: () => import("../owner/sync.ts"),
  },
  {
    path: "owner requests",
    summary: "Show who asks for footage from around your home",
    details:
      "All of a register's log is fetched, then compared with your place and your clips on this machine. There is nothing to decline: nobody can tell whether you looked, and nothing here remembers it. A register whose log does not hold is named, and nothing of it is shown.",
    options: [homeFlag],
    examples: [
      { command: "doorward owner requests", meaning: "who asks, why, where, when, and which clips would match" },
    ],
    load: () => import("../owner/requests.ts"),
  },
  {
    path: "owner requests show",
    summary: "Show one request and what proves it",
    args: [requestArg],
    options: [homeFlag],
    examples: [{ command: "doorward owner requests show 5e21", meaning: "with its place in the register's log" }],
    load: () => import("../owner/requests-show.ts"),
  },
  {
    path: "owner requests answer",
    summary: "Share a part of a clip with the one who asks",
    details:
      "An ordinary consent: it shows exactly what would be shared, asks, and waits out the undo window. The recipient is the one that the request names. Sound stays home unless you add it; so does every fact about you.",
    args: [requestArg, clipArg],
    options: [
      homeFlag,
      {
        flags: "--seconds <from-to>",
        meaning: "part to share, such as 3-8; whole fragments inside it only",
        required: true,
      },
      ...wishOptions,
    ],
    examples: [
      { command: "doorward owner requests answer 5e21 4f1c --seconds 3-8", meaning: "five seconds, picture only" },
    ],
    load: () => import("../owner/requests-answer.ts"),
  },
  {
    path: "owner register add",
    summary: "Follow a register of requests",
    details:
      "Without --key: the registers that the doorbell copies, with the keys from its configuration. With --url this machine fetches the register by itself and compares what it sees with the doorbell's copy, which uncovers a register that shows the two of you different logs; the register then sees this machine's address.",
    options: [
      homeFlag,
      { flags: "--key <key>", meaning: "the log's verifier key: name+hash+base64" },
      { flags: "--witness <key...>", meaning: "verifier keys of witnesses" },
      { flags: "--quorum <n>", meaning: "how many of them must vouch (default: more than half)" },
      { flags: "--url <url>", meaning: "also fetch it from here" },
    ],
    examples: [
      { command: "doorward owner register add", meaning: "what the doorbell copies" },
      {
        command: "doorward owner register add --key register.example.org+1f3a…+AS… --url https://register.example.org",
        meaning: "one by its key",
      },
    ],
    load: () => import("../owner/register-add.ts"),
  },
  {
    path: "owner register list",
    summary: "List the registers that are followed",
    options: [homeFlag],
    examples: [{ command: "doorward owner register list", meaning: "with their witnesses" }],
    load: () => import("../owner/register-list.ts"),
  },
  {
    path: "owner register remove",
    summary: "Follow a register no longer",
    args: [{ name: "<name>", meaning: "the register's name" }],
    options: [homeFlag],
    examples: [{ command: "doorward owner register remove register.example.org", meaning: "what was kept of it goes" }],
    load: () => import("../owner/register-remove.ts"),
  },
];

const householdCommands: readonly CommandDefinition[] = [
  {
    path: "owner recovery set",
    summary: "Make twelve words that bring you back when every phone is lost",
    details:
      "Shown once, replacing older ones. Whoever has the words and can hold the doorbell's indoor button pairs a new phone and becomes an owner after 72 hours; light, app and a wake-up tell every owner meanwhile, and any of them can say no.",
    options: [
      homeFlag,
      { flags: "--footage", meaning: "the words open footage too, from today's key on" },
      { flags: "--remove", meaning: "take the words back" },
    ],
    examples: [{ command: "doorward owner recovery set", meaning: "write the words on paper" }],
    load: () => import("../owner/recovery-set.ts"),
  },
  {
    path: "owner recovery approve",
    summary: "Sign the recovery words that another owner made, or their end",
    details: "Where a household asks for more than one signature, as many owners have to sign.",
    options: [homeFlag, yesFlag],
    examples: [{ command: "doorward owner recovery approve", meaning: "look, and sign" }],
    load: () => import("../owner/recovery-approve.ts"),
  },
  {
    path: "owner recovery show",
    summary: "Whether there are recovery words, and whether somebody has used them",
    options: [homeFlag],
    examples: [{ command: "doorward owner recovery show", meaning: "look" }],
    load: () => import("../owner/recovery-show.ts"),
  },
  {
    path: "owner recovery cancel",
    summary: "Say no to whoever has used the recovery words",
    options: [homeFlag],
    examples: [{ command: "doorward owner recovery cancel", meaning: "it was not you" }],
    load: () => import("../owner/recovery-cancel.ts"),
  },
  {
    path: "owner recovery claim",
    summary: "Use the recovery words from a newly paired computer",
    details:
      "First hold the indoor button, `doorward pair` at the doorbell, and `doorward owner init` and `doorward owner pair TEXT` here.",
    args: [{ name: "<words>", meaning: "the twelve words, in quotes" }],
    options: [homeFlag],
    examples: [
      {
        command: 'doorward owner recovery claim "legal winner thank year …"',
        meaning: "begin to wait 72 hours, and after them fetch what the words open",
      },
    ],
    load: () => import("../owner/recovery-claim.ts"),
  },
  {
    path: "owner household list",
    summary: "List the members of the household",
    options: [homeFlag],
    examples: [
      { command: "doorward owner household list", meaning: "who may look, who may consent, how many must sign" },
    ],
    load: () => import("../owner/household-list.ts"),
  },
  {
    path: "owner household invite",
    summary: "Let another person in, face to face",
    details:
      "Both of you stand at the same screen: the new member scans the code that this shows, within three minutes.",
    options: [
      homeFlag,
      { flags: "--role <role>", meaning: "viewer (may look) or owner (may consent too)", preset: "viewer" },
      yesFlag,
    ],
    examples: [{ command: "doorward owner household invite --role owner", meaning: "a second person who may consent" }],
    load: () => import("../owner/household-invite.ts"),
  },
  {
    path: "owner household role",
    summary: "Change what a member may do",
    args: [
      { name: "<member>", meaning: "the member's id, or enough of its beginning" },
      { name: "<role>", meaning: "owner or viewer" },
    ],
    options: [homeFlag],
    examples: [{ command: "doorward owner household role 77aa viewer", meaning: "may look, may no longer consent" }],
    load: () => import("../owner/household-role.ts"),
  },
  {
    path: "owner household remove",
    summary: "Remove a member",
    args: [{ name: "<member>", meaning: "the member's id, or enough of its beginning" }],
    options: [homeFlag, yesFlag],
    examples: [{ command: "doorward owner household remove 77aa", meaning: "new clips are no longer sealed for it" }],
    load: () => import("../owner/household-remove.ts"),
  },
  {
    path: "owner household quorum",
    summary: "How many owners must sign before a share leaves",
    args: [{ name: "<number>", meaning: "1 or more, at most the number of owners" }],
    options: [homeFlag],
    examples: [{ command: "doorward owner household quorum 2", meaning: "two owners must agree" }],
    load: () => import("../owner/household-quorum.ts"),
  },
  {
    path: "owner household approve",
    summary: "Sign changes that another owner proposed",
    options: [homeFlag, yesFlag],
    examples: [{ command: "doorward owner household approve", meaning: "shows each change and asks" }],
    load: () => import("../owner/household-approve.ts"),
  },
];

export const ownerCommands: readonly CommandDefinition[] = [
  ...lookCommands,
  ...shareCommands,
  ...requestCommands,
  ...householdCommands,
];
