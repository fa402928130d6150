import type { CommandDefinition, OptionDefinition } from "../definition.ts";

const homeFlag: OptionDefinition = {
  flags: "--home <dir>",
  meaning: "where this recipient's keys and shares are kept (default: ~/.local/share/doorward/recipient)",
};

export const recipientCommands: readonly CommandDefinition[] = [
  {
    path: "recipient init",
    summary: "Make a recipient's keys and inbox",
    options: [
      homeFlag,
      { flags: "--name <name>", meaning: "how owners see you; a label, not a proof", required: true },
      { flags: "--mailbox <url>", meaning: "delivery broker of your choice: mqtt:// or mqtts://", required: true },
      { flags: "--ca <file>", meaning: "certificate authority of that broker (PEM), where it is not a public one" },
    ],
    examples: [
      {
        command: 'doorward recipient init --name "Anna, next door" --mailbox mqtts://mail.example.org',
        meaning: "once, on the machine that shall receive",
      },
    ],
    load: () => import("../recipient/init.ts"),
  },
  {
    path: "recipient card",
    summary: "Print the card to hand to an owner",
    details:
      "The card holds public keys and the address of the inbox. Compare its fingerprint with the owner by a way that you both trust, such as the telephone.",
    options: [
      homeFlag,
      { flags: "--out <file>", meaning: "write the card to a file" },
      { flags: "--mosquitto", meaning: "print this inbox's line for a Mosquitto mailbox's password file instead" },
    ],
    examples: [{ command: "doorward recipient card --out anna.card", meaning: "then send anna.card to the owner" }],
    load: () => import("../recipient/card.ts"),
  },
  {
    path: "recipient receive",
    summary: "Fetch shares from the inbox",
    details:
      "Each share is verified as it arrives and kept in the recipient's home. An interrupted delivery goes on next time.",
    options: [
      homeFlag,
      { flags: "--once", meaning: "end after one whole share" },
      { flags: "--watch", meaning: "go on until Ctrl-C (the default)" },
      { flags: "--timeout <seconds>", meaning: "with --once: give up after this long" },
    ],
    examples: [
      { command: "doorward recipient receive --once", meaning: "wait for one share" },
      { command: "doorward recipient receive --watch", meaning: "stay and take what comes" },
    ],
    load: () => import("../recipient/receive.ts"),
  },
  {
    path: "recipient verify",
    summary: "Check that a share is unchanged since the doorbell sealed it",
    details:
      "\"ok\" proves that nothing changed since the clip's key sealed it. It does not prove that the scene is real, nor when it was. Without the recipient's keys all but the seals themselves is checked.",
    args: [{ name: "<share>", meaning: "the share's tar file" }],
    options: [homeFlag],
    examples: [
      { command: "doorward recipient verify share.tar", meaning: "prints the verdict; exit status 4 unless it is ok" },
    ],
    load: () => import("../recipient/verify.ts"),
  },
  {
    path: "recipient open",
    summary: "Verify a share and write its film",
    args: [{ name: "<share>", meaning: "the share's tar file" }],
    options: [homeFlag, { flags: "--out <file>", meaning: "the MP4 to write", required: true }],
    examples: [
      { command: "doorward recipient open share.tar --out door.mp4", meaning: "play door.mp4 with any player" },
    ],
    load: () => import("../recipient/open.ts"),
  },
];
