import type { CommandDefinition, OptionDefinition } from "../definition.ts";

export const DEFAULT_CONFIG_FILE = "/etc/doorward/doorward.toml";

const configFlag: OptionDefinition = {
  flags: "--config <file>",
  meaning: "the doorbell's configuration",
  preset: DEFAULT_CONFIG_FILE,
};

const runCommands: readonly CommandDefinition[] = [
  {
    path: "init",
    summary: "Make the doorbell's keys and a commented configuration",
    details:
      "Makes the signing key in the data directory (device.key, readable by its user only) and, where there is none yet, a configuration with every setting explained. Nothing that exists is overwritten.",
    options: [configFlag, { flags: "--data <dir>", meaning: "where clips, keys and the catalog are kept" }],
    examples: [
      {
        command: "doorward init --config ./door.toml --data ./door",
        meaning: "try it in this folder; on a doorbell `scripts/install` does this",
      },
    ],
    load: () => import("../device/init.ts"),
  },
  {
    path: "setup",
    summary: "Ask for name, camera, microphone and broker, try them, and make the doorbell's keys",
    details:
      "Writes the configuration where there is none yet, from the board's pin map and the answers, and makes the signing key. Then it shows a picture of the camera, waits for a press of the button and plays sound back. Every question has a flag; with --yes what is not given takes its default and nothing is tried. Nothing that exists is overwritten unless --again says so.",
    options: [
      configFlag,
      { flags: "--data <dir>", meaning: "where clips, keys and the catalog are kept" },
      { flags: "--yes", meaning: "ask nothing, try nothing" },
      { flags: "--again", meaning: "write the configuration anew; keys stay" },
      { flags: "--board <board>", meaning: "auto, zero-2-w, 3, 4, 5 or none", preset: "auto" },
      { flags: "--name <name>", meaning: "how the owner's app calls this doorbell" },
      { flags: "--camera <which>", meaning: "rpicam, /dev/video0, rtsp://… or none" },
      { flags: "--microphone <which>", meaning: "a name from `arecord -L`, camera or off" },
      {
        flags: "--broker <which>",
        meaning: "own, shared (the unit doorward-broker), or the address of one that runs already",
      },
      { flags: "--broker-user <name>", meaning: "login at that broker" },
      { flags: "--broker-password-file <file>", meaning: "file with its password" },
    ],
    examples: [
      {
        command: "sudo /opt/doorward/scripts/install --setup",
        meaning: "on the doorbell: asks what this command asks",
      },
      {
        command: "doorward setup --config ./door.toml --data ./door --yes --name 'Garden gate'",
        meaning: "in a folder of your own, unattended",
      },
    ],
    load: () => import("../device/setup.ts"),
  },
  {
    path: "failed-light",
    summary: "Show on the status LED that the doorbell did not start",
    details:
      "systemd runs this when the daemon has ended for good. Two long flashes and a short one, on the configured pin, or on the pin of firmware/board where the configuration cannot be read.",
    options: [configFlag],
    examples: [{ command: "doorward failed-light", meaning: "see the pattern; Ctrl-C ends" }],
    load: () => import("../device/failed-light.ts"),
  },
  {
    path: "run",
    summary: "Run the doorbell in the foreground",
    details: "The same daemon that systemd starts. Stop it with Ctrl-C; SIGHUP reads the configuration again.",
    options: [configFlag],
    examples: [
      { command: "doorward run --config ./door.toml", meaning: "watch it start, ring it from another terminal" },
    ],
    load: () => import("../device/run.ts"),
  },
  {
    path: "pair",
    summary: "Open the pairing window and show its code",
    details:
      "Asks the running daemon for what holding the indoor button does: for three minutes one phone or computer may become the doorbell's owner. The code holds a secret: show it to nobody else.",
    options: [configFlag, { flags: "--image <file>", meaning: "write the code as a PNG too, readable by you only" }],
    examples: [
      { command: "doorward pair", meaning: "scan the code with a phone, or pass the text to `doorward owner pair`" },
      { command: "doorward pair --json", meaning: "for scripts: the text and the seconds it lasts" },
    ],
    load: () => import("../device/pair.ts"),
  },
  {
    path: "doctor",
    summary: "Look at camera, sound, GPIO, broker, disk, clock and permissions",
    details: "Each finding comes with what to do about it. Changes nothing.",
    options: [
      configFlag,
      { flags: "--report", meaning: "a text to paste into a bug report, without names, addresses or keys" },
    ],
    examples: [
      { command: "doorward doctor", meaning: "before the first start, and whenever something is odd" },
      { command: "doorward doctor --report > report.txt", meaning: "for a bug report" },
    ],
    load: () => import("../device/doctor.ts"),
  },
  {
    path: "web authority",
    summary: "The certificate authority that phones install, and its fingerprint",
    details: "Compare the fingerprint with what the phone shows before you trust it. Says nothing that is secret.",
    options: [configFlag, { flags: "--out <file>", meaning: "write the certificate (PEM)" }],
    examples: [{ command: "doorward web authority", meaning: "before a phone installs it" }],
    load: () => import("../device/web-authority.ts"),
  },
  {
    path: "check",
    summary: "Verify every clip file, catalog row, manifest and audit entry",
    details: "Works on the files, with the daemon stopped. Exit status 4 means that something was found.",
    options: [
      configFlag,
      { flags: "--data <dir>", meaning: "check this data directory instead of the configured one" },
      { flags: "--repair", meaning: "rebuild the catalog from the clip files" },
    ],
    examples: [
      { command: "doorward check", meaning: "after a power cut, or on a copy of the card" },
      { command: "doorward check --repair", meaning: "when the catalog is damaged; clip files are never changed" },
    ],
    load: () => import("../device/check.ts"),
  },
  {
    path: "disclose",
    summary: "Show everything that the doorbell's disk could hand over about this home",
    details:
      "What a thief of the card gets, or a court: computed from the stores as they are, also while the daemon runs. Nothing is decrypted, since no key on the card could. Says too what is not there, and what it cannot know.",
    options: [
      configFlag,
      { flags: "--data <dir>", meaning: "look at this data directory instead of the configured one" },
    ],
    examples: [
      { command: "doorward disclose", meaning: "days, sizes, keys; no content" },
      { command: "doorward disclose --json", meaning: "each clip and share for itself" },
    ],
    load: () => import("../device/disclose.ts"),
  },
  {
    path: "simulate",
    summary: "Press the simulated bell, move before it, hold a button",
    details: 'Only with the simulated GPIO driver (`driver = "simulated"` in the [gpio] part of its configuration).',
    args: [{ name: "<what>", meaning: "ring, motion or hold" }],
    options: [
      configFlag,
      { flags: "--ms <n>", meaning: "how long it lasts, in milliseconds" },
      { flags: "--pin <name>", meaning: "which button `hold` holds: pairing or bell", preset: "pairing" },
    ],
    examples: [
      { command: "doorward simulate ring", meaning: "a visitor presses the button" },
      { command: "doorward simulate motion --ms 4000", meaning: "somebody walks by for four seconds" },
      { command: "doorward simulate hold --ms 15000", meaning: "hold the indoor button until factory reset" },
    ],
    load: () => import("../device/simulate.ts"),
  },
  {
    path: "broker",
    summary: "Run the home broker as a process of its own",
    details:
      "The daemon carries a home broker already. Run this one instead where several doorbells share a broker, or where it shall live on another machine; it says what to write into each doorbell's configuration. Only doorbells and members of this home connect to it, and it reads nothing of what they say.",
    options: [
      { flags: "--host <address>", meaning: "address to listen on", preset: "127.0.0.1" },
      { flags: "--port <n>", meaning: "port to listen on; 0 takes a free one", preset: "1883" },
      {
        flags: "--password-file <file>",
        meaning: "the password that lets doorbells and members in; made when missing",
        preset: "doorward-broker.password",
      },
      { flags: "--tls-cert <file>", meaning: "certificate chain (PEM); with --tls-key" },
      { flags: "--tls-key <file>", meaning: "private key (PEM)" },
    ],
    examples: [
      { command: "doorward broker --host 192.168.1.10", meaning: "for the doorbells and phones of this home" },
    ],
    load: () => import("../device/broker.ts"),
  },
];

const demoCommands: readonly CommandDefinition[] = [
  {
    path: "demo",
    summary: "Play the whole story on this machine",
    details:
      "A simulated door rings, a clip is sealed, the owner opens it and consents to five seconds of it, the recipient verifies what arrives. Then the simulated door stays up until Ctrl-C.",
    options: [
      { flags: "--once", meaning: "end after the story" },
      { flags: "--video <file>", meaning: "take this film for the camera" },
      { flags: "--port <n>", meaning: "port of the owner's app; by default 8080, or a free one where that is taken" },
      { flags: "--out <file>", meaning: "keep the recipient's MP4" },
      { flags: "--data <dir>", meaning: "keep what device, owner and recipient wrote, in folders of these names" },
    ],
    examples: [
      { command: "doorward demo", meaning: "watch it" },
      { command: "doorward demo --once --out shared.mp4 --json", meaning: "for scripts: one object at the end" },
    ],
    load: () => import("../demo/demo.ts"),
  },
];

const mailboxCommands: readonly CommandDefinition[] = [
  {
    path: "mailbox serve",
    summary: "Run a delivery broker that anybody may send to and only recipients may read",
    details:
      "It sees sizes, times, addresses and random inbox ids. It cannot read a share, nor learn which home sent it.",
    options: [
      { flags: "--host <address>", meaning: "address to listen on", preset: "127.0.0.1" },
      { flags: "--port <n>", meaning: "port to listen on; 0 takes a free one", preset: "8883" },
      { flags: "--websocket-port <n>", meaning: "a second port, for recipients who use the web page" },
      { flags: "--tls-cert <file>", meaning: "certificate chain (PEM); with --tls-key" },
      { flags: "--tls-key <file>", meaning: "private key (PEM)" },
      { flags: "--control <socket>", meaning: "unix socket on which `mailbox disclose` may ask what it has in memory" },
    ],
    examples: [
      { command: "doorward mailbox serve --port 1884", meaning: "try it on this machine" },
      {
        command: "doorward mailbox serve --host 0.0.0.0 --tls-cert fullchain.pem --tls-key privkey.pem",
        meaning: "for recipients elsewhere",
      },
    ],
    load: () => import("../device/mailbox-serve.ts"),
  },
  {
    path: "mailbox disclose",
    summary: "Print everything that the mailbox's operator could hand over about somebody",
    details:
      "Looks into the real stores: the memory of a running mailbox, which writes nothing to a disk, or the files of another broker. Without --of everything about everybody. For a home that shared nothing it prints nothing.",
    options: [
      {
        flags: "--of <identifier...>",
        meaning: "an address, an inbox, a delivery, a key: whatever somebody is known by",
      },
      { flags: "--control <socket>", meaning: "the socket that `mailbox serve --control` opened" },
      { flags: "--files <path...>", meaning: "files and folders of another broker: its passwords, its store, its log" },
    ],
    examples: [
      {
        command: "doorward mailbox disclose --control ./mailbox.sock --of 203.0.113.9",
        meaning: "what does this mailbox have about this address?",
      },
      {
        command: "doorward mailbox disclose --files /var/lib/mosquitto /var/log/mosquitto --of 203.0.113.9",
        meaning: "the same of a Mosquitto",
      },
    ],
    load: () => import("../device/mailbox-disclose.ts"),
  },
  {
    path: "mailbox mosquitto-config",
    summary: "Print a Mosquitto configuration with the same rules",
    details:
      "Its first lines say what else to do. Each recipient needs a line in the password file: `doorward recipient card --mosquitto` prints it.",
    options: [
      { flags: "--host <address>", meaning: "address to listen on", preset: "0.0.0.0" },
      { flags: "--port <n>", meaning: "port to listen on", preset: "8883" },
      { flags: "--directory <dir>", meaning: "where Mosquitto finds its files", preset: "/etc/mosquitto" },
      { flags: "--tls-cert <file>", meaning: "certificate chain (PEM); with --tls-key" },
      { flags: "--tls-key <file>", meaning: "private key (PEM)" },
      { flags: "--plain", meaning: "without TLS, for a broker behind a proxy" },
      { flags: "--acl", meaning: "print the access rules, which are a file of their own" },
    ],
    examples: [
      {
        command: "doorward mailbox mosquitto-config | sudo tee /etc/mosquitto/conf.d/doorward.conf",
        meaning: "use Mosquitto as the mailbox",
      },
      {
        command: "doorward mailbox mosquitto-config --acl | sudo tee /etc/mosquitto/doorward-mailbox.acl",
        meaning: "and its access rules",
      },
    ],
    load: () => import("../device/mailbox-mosquitto-config.ts"),
  },
];

export const deviceCommands: readonly CommandDefinition[] = [...runCommands, ...demoCommands, ...mailboxCommands];
