import type { CommandDefinition } from "../definition.ts";

export const appCommands: readonly CommandDefinition[] = [
  {
    path: "app sign",
    summary: "Sign the files of a built app",
    details: "Writes signature.json into the folder: every file's hash, signed. The key is made when there is none.",
    args: [{ name: "<dir>", meaning: "folder of the built app" }],
    options: [{ flags: "--key <file>", meaning: "your signing key, readable by you only", required: true }],
    examples: [
      { command: "doorward app sign dist/app --key app.key", meaning: "before you put it on a server of yours" },
    ],
    load: () => import("../app/sign.ts"),
  },
  {
    path: "app verify",
    summary: "Compare a folder with what was signed as the app",
    args: [{ name: "<dir>", meaning: "folder with signature.json in it" }],
    options: [{ flags: "--signer <key>", meaning: "the signer's key, 64 hexadecimal digits", required: true }],
    examples: [
      {
        command: "doorward app verify /srv/doorward --signer 3b6a…",
        meaning: "nothing was changed, added or left out",
      },
    ],
    load: () => import("../app/verify.ts"),
  },
];
