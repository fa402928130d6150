import type { CommandDefinition, OptionDefinition } from "../definition.ts";

const dataFlag: OptionDefinition = {
  flags: "--data <dir>",
  meaning: "where the witness keeps its key and what it cosigned",
  required: true,
};

export const witnessCommands: readonly CommandDefinition[] = [
  {
    path: "register witness init",
    summary: "Make a witness's key",
    details:
      "The name is how followers know the witness: an address without a scheme, of a domain that is yours, such as witness.example.org/w1. Hand the printed key to the logs you witness and to those who follow them.",
    options: [
      dataFlag,
      { flags: "--name <name>", meaning: "name in signature lines; it never changes", required: true },
    ],
    examples: [
      {
        command: "doorward register witness init --data ./witness --name witness.example.org/w1",
        meaning: "once, on the machine that shall witness",
      },
    ],
    load: () => import("../witness/init.ts"),
  },
  {
    path: "register witness add",
    summary: "Follow a log: its checkpoints will be cosigned",
    details:
      "Works while the witness serves. A second key for a log that is followed already is accepted beside the first.",
    args: [{ name: "<key>", meaning: "the log's verifier key, name+hash+base64, from its operator" }],
    options: [dataFlag, { flags: "--origin <origin>", meaning: "the log's origin, where it is not the key's name" }],
    examples: [
      {
        command: "doorward register witness add --data ./witness register.example.org+5cdf0e3f+AeWr…",
        meaning: "follow one register",
      },
    ],
    load: () => import("../witness/add.ts"),
  },
  {
    path: "register witness serve",
    summary: "Cosign checkpoints over HTTP until stopped",
    details:
      "Answers c2sp.org/tlog-witness: POST /add-checkpoint, and GET /HASH/checkpoint with the SHA-256 of a log's origin. A cosignature is on the disk before it is given away. Without --host only this machine reaches it: put a web server with TLS in front.",
    options: [
      dataFlag,
      { flags: "--host <address>", meaning: "address to listen on", preset: "127.0.0.1" },
      { flags: "--port <port>", meaning: "0 picks a free one", preset: "7411" },
    ],
    examples: [{ command: "doorward register witness serve --data ./witness", meaning: "until Ctrl-C" }],
    load: () => import("../witness/serve.ts"),
  },
  {
    path: "register witness show",
    summary: "Print the witness's key, what it follows, and any fork it was shown",
    options: [dataFlag, { flags: "--evidence", meaning: "print both checkpoints of each fork" }],
    examples: [
      { command: "doorward register witness show --data ./witness", meaning: "the key, and how far each log has come" },
      {
        command: "doorward register witness show --data ./witness --evidence",
        meaning: "the two signed checkpoints that prove a fork",
      },
    ],
    load: () => import("../witness/show.ts"),
  },
];
