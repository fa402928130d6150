import type { CommandDefinition, OptionDefinition } from "../definition.ts";

const homeFlag: OptionDefinition = {
  flags: "--home <dir>",
  meaning: "where this requester's keys and shares are kept (default: ~/.local/share/doorward/requester)",
};
const requestArg = { name: "<request>", meaning: "the request's digest, or enough of its beginning" };
const shareArg = { name: "<share>", meaning: "the share's tar file" };
const expiresFlag: OptionDefinition = {
  flags: "--expires <time>",
  meaning: "how long it stays open, from now: 12h, 7d; at most 14d",
  preset: "7d",
};

const askCommands: readonly CommandDefinition[] = [
  {
    path: "requester init",
    summary: "Make a requester's keys and inbox",
    details:
      "The register's verifier key and its witnesses' keys stand on the register's pages; compare them there. Requests are signed by a key of their own, and answers come to the inbox.",
    options: [
      homeFlag,
      { flags: "--agency <name>", meaning: "exactly as the accreditation will name it", required: true },
      { flags: "--officer <name>", meaning: "who asks", required: true },
      { flags: "--register <url>", meaning: "the register's address", required: true },
      { flags: "--key <key>", meaning: "the log's verifier key: name+hash+base64", required: true },
      { flags: "--witness <key...>", meaning: "verifier keys of witnesses" },
      { flags: "--quorum <n>", meaning: "how many of them must vouch (default: more than half)" },
      { flags: "--mailbox <url>", meaning: "delivery broker of your choice: mqtt:// or mqtts://", required: true },
      { flags: "--ca <file>", meaning: "certificate authority of that broker (PEM), where it is not a public one" },
      { flags: "--name <name>", meaning: "how owners see the recipient (default: the agency)" },
    ],
    examples: [
      {
        command:
          'doorward requester init --agency "Town Police" --officer "Sgt. Rivera" --register https://register.example.org --key register.example.org+1f3a…+AS… --mailbox mqtts://mail.example.org',
        meaning: "once, on the machine that shall ask and receive",
      },
    ],
    load: () => import("../requester/init.ts"),
  },
  {
    path: "requester accredit",
    summary: "Print what to hand to whoever accredits requesters",
    details: "The accreditation itself, with who vouched and how, is an entry of the public log.",
    options: [homeFlag, { flags: "--out <file>", meaning: "write it to a file as JSON" }],
    examples: [{ command: "doorward requester accredit --out rivera.json", meaning: "for the register's operator" }],
    load: () => import("../requester/accredit.ts"),
  },
  {
    path: "requester request",
    summary: "Ask a neighbourhood, in public",
    details:
      "Every rule is checked here by the newest log before anything is sent: 5 requests a day, a circle of 150 to 650 m, a window of 15 minutes to 12 hours on quarter hours that has passed, no area and time twice within 24 hours, plain words without pressure. Everybody can read the request. Who does not answer is known to nobody.",
    options: [
      homeFlag,
      { flags: "--case <number>", meaning: "the case number", required: true },
      { flags: "--offence <kind>", meaning: "burglary, theft, missing-person, …", required: true },
      { flags: "--at <lat,lon>", meaning: "centre of the circle, in degrees: 26.1224,-80.1373", required: true },
      { flags: "--radius <metres>", meaning: "its radius, 150 to 650", required: true },
      {
        flags: "--from <time>",
        meaning: "what was filmed from then on: 2026-03-01T18:00 (local), or with Z",
        required: true,
      },
      { flags: "--to <time>", meaning: "and before then", required: true },
      { flags: "--text <text>", meaning: "what happened and what would help; at most 280 characters", required: true },
      expiresFlag,
    ],
    examples: [
      {
        command:
          'doorward requester request --case 2026-004711 --offence burglary --at 26.1224,-80.1373 --radius 300 --from 2026-03-01T02:00 --to 2026-03-01T04:00 --text "A blue van was seen in this street."',
        meaning: "two hours, 300 m around",
      },
    ],
    load: () => import("../requester/request.ts"),
  },
  {
    path: "requester extend",
    summary: "Keep an open request open for longer",
    args: [requestArg],
    options: [homeFlag, expiresFlag],
    examples: [{ command: "doorward requester extend 5e21 --expires 7d", meaning: "seven more days from now" }],
    load: () => import("../requester/extend.ts"),
  },
  {
    path: "requester status",
    summary: "Show your requests as the log has them",
    details: "What the log shows to everybody: whether you are accredited, what you asked, and the outcomes you told.",
    args: [{ name: "[request]", meaning: "only this one" }],
    options: [homeFlag],
    examples: [{ command: "doorward requester status", meaning: "all of them, and how many today" }],
    load: () => import("../requester/status.ts"),
  },
  {
    path: "requester outcome",
    summary: "Tell in public what became of the answers",
    details:
      "The same words whether nobody answered or everybody: until when what came is kept, or when it was deleted.",
    args: [requestArg],
    options: [
      homeFlag,
      { flags: "--kept-until <day>", meaning: "a day from today on, such as 2026-09-01" },
      { flags: "--deleted-on <day>", meaning: "a day up to today" },
    ],
    examples: [
      { command: "doorward requester outcome 5e21 --kept-until 2026-09-01", meaning: "the trial is in summer" },
      { command: "doorward requester outcome 5e21 --deleted-on 2026-03-20", meaning: "the last word" },
    ],
    load: () => import("../requester/outcome.ts"),
  },
];

const answerCommands: readonly CommandDefinition[] = [
  {
    path: "requester receive",
    summary: "Fetch answers from the inbox",
    details: "As `doorward recipient receive`; names the request that each share answers.",
    options: [
      homeFlag,
      { flags: "--once", meaning: "end after one whole share" },
      { flags: "--watch", meaning: "go on until Ctrl-C (the default)" },
      { flags: "--timeout <seconds>", meaning: "with --once: give up after this long" },
    ],
    examples: [{ command: "doorward requester receive --watch", meaning: "stay and take what comes" }],
    load: () => import("../requester/receive.ts"),
  },
  {
    path: "requester open",
    summary: "Verify an answer and write its film",
    args: [shareArg],
    options: [homeFlag, { flags: "--out <file>", meaning: "the MP4 to write", required: true }],
    examples: [
      { command: "doorward requester open share.tar --out door.mp4", meaning: "play door.mp4 with any player" },
    ],
    load: () => import("../requester/open.ts"),
  },
  {
    path: "requester bundle",
    summary: "Write a proof of an answer that anybody checks offline",
    details:
      "The release, the clip's manifest, the request and the proof that it stands in the log; neither picture nor sound, nor a key.",
    args: [shareArg],
    options: [homeFlag, { flags: "--out <file>", meaning: "the bundle to write", required: true }],
    examples: [{ command: "doorward requester bundle share.tar --out proof.tar", meaning: "for the file of the case" }],
    load: () => import("../requester/bundle.ts"),
  },
  {
    path: "requester verify",
    summary: "Check a proof bundle, offline and without keys of one's own",
    details:
      "\"ok\" proves that the clip's key released these fragments, to the recipient of this request, as an answer to it, and that the request stands in the register's public log. Without --key the register's keys are taken from the bundle, which only its maker vouches for.",
    args: [{ name: "<bundle>", meaning: "the bundle's tar file" }],
    options: [
      { flags: "--key <key>", meaning: "the register's verifier key, from its own pages" },
      { flags: "--witness <key...>", meaning: "verifier keys of its witnesses" },
      { flags: "--quorum <n>", meaning: "how many of them must have vouched (default: more than half)" },
    ],
    examples: [
      { command: "doorward requester verify proof.tar", meaning: "prints the verdict; exit status 4 unless it is ok" },
      {
        command: "doorward requester verify proof.tar --key register.example.org+1f3a…+AS…",
        meaning: "by a key of your own",
      },
    ],
    load: () => import("../requester/verify.ts"),
  },
];

export const requesterCommands: readonly CommandDefinition[] = [...askCommands, ...answerCommands];
