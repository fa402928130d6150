import type { CommandDefinition, OptionDefinition } from "../definition.ts";

const dataFlag: OptionDefinition = {
  flags: "--data <dir>",
  meaning: "where the register keeps its keys and its log",
  required: true,
};

const nameFlag: OptionDefinition = {
  flags: "--name <name>",
  meaning: "the register's name for ever, such as register.example.org/requests (default: one at random)",
};

const aboutFlag: OptionDefinition = {
  flags: "--about <text>",
  meaning: "who runs the register and how to reach them; stands in its first leaf",
};

const witnessFlags: readonly OptionDefinition[] = [
  { flags: "--witness <url#key...>", meaning: "a witness that cosigns checkpoints: its URL, #, its verifier key" },
  {
    flags: "--quorum <n>",
    meaning: "cosignatures that a checkpoint needs before it is published (default: more than half)",
  },
];

const operatorFlags: readonly OptionDefinition[] = [
  { flags: "--data <dir>", meaning: "the register's folder, for its name and the operator's key" },
  { flags: "--name <name>", meaning: "the register's name, where its folder is on another machine" },
  { flags: "--key <file>", meaning: "the operator's key (default: operator.key in the folder)" },
  { flags: "--url <url>", meaning: "where the register answers", preset: "http://127.0.0.1:8790" },
  { flags: "--out <file>", meaning: "write the signed statement to a file instead of handing it in" },
];

const requesterArg = { name: "<requester>", meaning: "the requester's public key, in hexadecimal" };

export const registerCommands: readonly CommandDefinition[] = [
  {
    path: "register init",
    summary: "Make a register's keys",
    details:
      "`register serve` does the same where there are none. Two keys are made: log.key signs checkpoints and stays with the server; operator.key signs accreditations and rules, and is better kept elsewhere once the register runs.",
    options: [dataFlag, nameFlag, aboutFlag, ...witnessFlags],
    examples: [
      {
        command: "doorward register init --data ./register --name register.example.org/requests",
        meaning: "once; the name can never change",
      },
    ],
    load: () => import("../register/init.ts"),
  },
  {
    path: "register serve",
    summary: "Run a public log of requests",
    details:
      "Starts empty with this one command. Takes signed statements over HTTP, judges them by its public rules, and publishes the log as plain files in the folder `public`, which any file server or CDN can carry as well. It keeps no access log and knows nothing of its readers.",
    options: [
      dataFlag,
      nameFlag,
      aboutFlag,
      ...witnessFlags,
      { flags: "--host <address>", meaning: "address to listen on; put TLS in front for others", preset: "127.0.0.1" },
      { flags: "--port <n>", meaning: "port to listen on; 0 takes a free one", preset: "8790" },
    ],
    examples: [
      { command: "doorward register serve --data ./register", meaning: "try it on this machine" },
      {
        command:
          "doorward register serve --data /srv/register --witness https://witness.example.net#witness.example.net/w1+2d5b…",
        meaning: "with a witness; checkpoints wait for its cosignature",
      },
    ],
    load: () => import("../register/serve.ts"),
  },
  {
    path: "register check",
    summary: "Verify every file of a register",
    details:
      "Builds the tree anew from the entries, compares every file with it, replays the rules and every signature. Changes nothing. Exit status 4 means that something was found.",
    options: [dataFlag],
    examples: [{ command: "doorward register check --data ./register", meaning: "after a crash, or on a copy" }],
    load: () => import("../register/check.ts"),
  },
  {
    path: "register audit",
    summary: "Replay a register's log from its files alone and name every violation",
    details:
      "Checks signature, cosignatures, tree, times, each rule and each signature. With --since, a checkpoint that you kept, also that nothing was rewritten, cut off or put in later under an earlier time. Exit status 4 means that something was found.",
    args: [{ name: "<log>", meaning: "URL or folder where the log's files are" }],
    options: [
      { flags: "--key <key>", meaning: "the log's verifier key; needed unless the folder is the register's own" },
      { flags: "--witness <key...>", meaning: "verifier key of a witness" },
      { flags: "--quorum <n>", meaning: "how many of them must vouch (default: more than half)" },
      { flags: "--since <file>", meaning: "a checkpoint from before, as it was published" },
      { flags: "--keep <file>", meaning: "write the audited checkpoint, for --since next time" },
    ],
    examples: [
      {
        command:
          "doorward register audit https://register.example.org --key register.example.org/requests+5cdf0e3f+AeWr…",
        meaning: "anybody can",
      },
      {
        command: "doorward register audit ./register --since last.checkpoint --keep last.checkpoint",
        meaning: "every night",
      },
    ],
    load: () => import("../register/audit.ts"),
  },
  {
    path: "register accredit",
    summary: "Vouch publicly for a requester's key",
    details:
      "Becomes a leaf of the log: who vouched for the key, and how. Requests of the key must name exactly this agency. Accrediting a key again replaces what was said, and ends a revocation.",
    args: [
      { name: "<requester>", meaning: "the requester's public key, or the file that `requester accredit --out` wrote" },
    ],
    options: [
      { flags: "--agency <name>", meaning: "the agency that the key belongs to (default: as the file says)" },
      { flags: "--voucher <name>", meaning: "who vouches for that", required: true },
      { flags: "--evidence <text>", meaning: "how they made sure", required: true },
      ...operatorFlags,
    ],
    examples: [
      {
        command:
          'doorward register accredit 5f0c… --agency "Town Police" --voucher "Registrar A. Ohm" --evidence "Met at the station" --data ./register',
        meaning: "while the register serves",
      },
      {
        command:
          'doorward register accredit rivera.json --voucher "Registrar A. Ohm" --evidence "Met at the station, fingerprint read out" --data ./register',
        meaning: "key and agency from the file that the requester handed over",
      },
    ],
    load: () => import("../register/accredit.ts"),
  },
  {
    path: "register revoke",
    summary: "End a requester's accreditation",
    details: "Becomes a leaf of the log. Requests made before stay there; further ones are refused.",
    args: [requesterArg],
    options: [{ flags: "--reason <text>", meaning: "why; public", required: true }, ...operatorFlags],
    examples: [
      {
        command: 'doorward register revoke 5f0c… --reason "Key lost" --data ./register',
        meaning: "at once, for everybody",
      },
    ],
    load: () => import("../register/revoke.ts"),
  },
  {
    path: "register rules",
    summary: "Show a register's rules, or publish changed ones",
    details:
      "Rules are a leaf and hold from it on. They may be stricter than the protocol, never laxer. Without a flag that changes something the present rules are shown.",
    options: [
      dataFlag,
      { flags: "--per-day <n>", meaning: "requests of one requester in a UTC day, 1 to 5" },
      { flags: "--radius <min-max>", meaning: "metres, within 150-650" },
      { flags: "--window <min-max>", meaning: "minutes, within 15-720" },
      { flags: "--text <n>", meaning: "characters of a request's text, at most 280" },
      { flags: "--expiry <days>", meaning: "days that a request may run, at most 14" },
      { flags: "--words <file>", meaning: "the pressing words, one a line; `*` at its end stands for any ending" },
      ...operatorFlags.filter(({ flags }) => /^--(?:key|url|out)/.test(flags)),
    ],
    examples: [
      { command: "doorward register rules --data ./register", meaning: "the present rules and words" },
      { command: "doorward register rules --data ./register --per-day 3 --words words.txt", meaning: "publish others" },
    ],
    load: () => import("../register/rules.ts"),
  },
  {
    path: "register disclose",
    summary: "Print everything that the register's operator could hand over about somebody",
    details:
      "Looks into every file of the folder, and into every member of every leaf. Without --of everything about everybody, which is what anybody can read in the public log, and the operator's own keys. For a home that has not asked, and none can ask, it prints nothing.",
    options: [
      dataFlag,
      {
        flags: "--of <identifier...>",
        meaning: "a key, an id, a name, an address, a place as latitude,longitude: whatever somebody is known by",
      },
    ],
    examples: [
      {
        command: "doorward register disclose --data ./register --of 203.0.113.9 26.12240,-80.13730",
        meaning: "what does this register have about this home?",
      },
      { command: 'doorward register disclose --data ./register --of "Town Police"', meaning: "and about this agency?" },
    ],
    load: () => import("../register/disclose.ts"),
  },
];
