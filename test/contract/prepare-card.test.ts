import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const PASSWORD = "correct horse battery";
let dir: string;
let boot: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "doorward-card-"));
  boot = join(dir, "bootfs");
  mkdirSync(boot);
  for (const [name, text] of stockFiles()) writeFileSync(join(boot, name), text);
  mkdirSync(join(dir, "doorward"));
  writeFileSync(join(dir, "doorward/VERSION"), "0.1.0 arm64 node-20\n");
  execFileSync("tar", ["-cJf", at("doorward.tar.xz"), "-C", dir, "doorward"]);
  writeFileSync(at("wifi.env"), `SSID=Home\nPASSWORD=${PASSWORD}\nCOUNTRY=DE\n`);
});
afterEach(() => rmSync(dir, { recursive: true }));

const at = (name: string): string => join(dir, name);
const stockFiles = (): [string, string][] => [
  ["cmdline.txt", "console=serial0,115200 console=tty1 root=PARTUUID=4e639091-02 rootfstype=ext4 rootwait\n"],
  ["config.txt", "arm_64bit=1\ndtparam=audio=on\n"],
  ["kernel8.img", "kernel"],
];

function prepare(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(
    join(root, "scripts/prepare-card"),
    [...words, "--package", at("doorward.tar.xz")],
    { encoding: "utf8" },
  );
  return { status, stdout, stderr };
}
const onBoot = (...words: string[]) => prepare("--boot", boot, "--wifi", at("wifi.env"), ...words);
const read = (name: string): string => readFileSync(join(boot, name), "utf8");

describe("a card of Raspberry Pi OS trixie, which starts with cloud-init", () => {
  beforeEach(() => {
    for (const name of ["user-data", "network-config", "meta-data"]) writeFileSync(join(boot, name), "# stock\n");
  });

  test("gets network, name, package and first start; no password stands on it", () => {
    const { status, stderr, stdout } = onBoot("--name", "Oma's gate: №1", "--json");
    expect(stderr).toContain("The card is prepared (cloud-init)");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, kind: "cloud-init", wifi: true });
    const python = "import sys, json, yaml; print(json.dumps([yaml.safe_load(open(f)) for f in sys.argv[1:]]))";
    const loaded = JSON.parse(
      execFileSync("/usr/bin/python3", ["-c", python, join(boot, "user-data"), join(boot, "network-config")], {
        encoding: "utf8",
      }),
    ) as [Record<string, unknown>, { network: { wifis: { wlan0: Record<string, unknown> } } }];
    expect(loaded[0]).toMatchObject({
      hostname: "doorbell",
      // The dialog for an account would cover the code, and keep cloud-init's last stage from ever coming.
      bootcmd: [
        ["systemctl", "mask", "userconfig.service"],
        ["systemctl", "stop", "--no-block", "userconfig.service"],
      ],
      runcmd: [
        ["sh", "/boot/firmware/doorward-first-boot.sh", "enable"],
        ["systemctl", "start", "--no-block", "doorward-first-boot.service"],
      ],
    });
    expect(loaded[1].network.wifis.wlan0).toMatchObject({ "regulatory-domain": "DE" });
    const everything = ["user-data", "network-config", "meta-data", "doorward.txt", "cmdline.txt"].map(read).join("\n");
    expect(everything).not.toContain(PASSWORD);
    expect(existsSync(join(boot, "doorward.tar.xz"))).toBe(true);
    const sourced = execFileSync("sh", ["-c", `. "${join(boot, "doorward.txt")}"; printf %s "$NAME"`]);
    expect(sourced.toString()).toBe("Oma's gate: №1");
  });

  test("a second run says that it is prepared; --again is a new instance, so that cloud-init begins anew", () => {
    onBoot();
    const instance = read("meta-data");
    expect(onBoot()).toMatchObject({ status: 1, stderr: expect.stringContaining("prepared already") as string });
    expect(read("meta-data")).toBe(instance);
    expect(onBoot("--again").status).toBe(0);
    expect(read("meta-data")).not.toBe(instance);
  });
});

describe("a card of Raspberry Pi OS bookworm, which starts with a script", () => {
  test("gets firstrun.sh and one longer line; twice is the same line", () => {
    expect(onBoot().status).toBe(0);
    expect(read("firstrun.sh")).toContain("set_wlan 'Home'");
    execFileSync("bash", ["-n", join(boot, "firstrun.sh")]);
    const line = read("cmdline.txt");
    expect(line).toMatch(/^console=.*rootwait cgroup_enable=memory systemd\.run=\/boot\/firmware\/firstrun\.sh .*\n$/);
    expect(onBoot("--again").status).toBe(0);
    expect(read("cmdline.txt")).toBe(line);
  });
});

test("the buttons get their pull-ups, the code its serial port, the unit its memory limit; twice is the same", () => {
  expect(onBoot().status).toBe(0);
  const config = read("config.txt");
  for (const line of ["gpio=17,27=ip,pu", "gpio=22=ip,pd", "gpio=12,16,23,24,25=op,dl", "enable_uart=1"]) {
    expect(config.split("\n")).toContain(line);
  }
  expect(config.startsWith("arm_64bit=1\ndtparam=audio=on\n")).toBe(true);
  expect(read("cmdline.txt").split(/\s/)).toContain("cgroup_enable=memory");
  const line = read("cmdline.txt");
  expect(onBoot("--again").status).toBe(0);
  expect([read("config.txt"), read("cmdline.txt")]).toEqual([config, line]);
});

test("what the first start waits for, and why it failed, is in the log on the card", () => {
  for (const [name, text] of [
    ["timeout", "exit 1"],
    ["sleep", "exit 0"],
  ] as const) {
    mkdirSync(at("bin"), { recursive: true });
    writeFileSync(join(dir, "bin", name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  mkdirSync(at("doorward/scripts"));
  writeFileSync(at("doorward/scripts/install"), "#!/bin/sh\necho no ffmpeg >&2; exit 1\n", { mode: 0o755 });
  execFileSync("tar", ["-cJf", at("doorward.tar.xz"), "-C", dir, "doorward"]);
  expect(onBoot().status).toBe(0);
  const { status } = spawnSync("sh", [join(boot, "doorward-first-boot.sh")], {
    env: {
      PATH: `${at("bin")}:/usr/bin:/bin`,
      DOORWARD_BOOT: boot,
      DOORWARD_SCREENS: at("screen"),
      DOORWARD_ATTEMPTS: "2",
    },
  });
  expect(status).toBe(1);
  expect(read("doorward-log.txt")).toMatch(
    /installed.*\nWaiting for the network \(1 of 2\).*\n.*\(2 of 2\).*\nno ffmpeg\n.*start the doorbell again/,
  );
});

test("an image with a FAT partition is written without mounting it", () => {
  const image = at("card.img");
  execFileSync("truncate", ["-s", "80M", image]);
  execFileSync("/usr/sbin/sfdisk", ["--quiet", image], { input: "8192,65536,c\n73728,,83\n" });
  execFileSync("/usr/sbin/mkfs.vfat", ["--offset=8192", "-F", "16", image, "32768"], { stdio: "ignore" });
  const fat = `${image}@@${8192 * 512}`;
  for (const [name] of stockFiles()) execFileSync("mcopy", ["-i", fat, join(boot, name), `::/${name}`]);
  const { status, stderr } = prepare("--image", image, "--wifi", at("wifi.env"));
  expect(stderr).toContain("The card is prepared (firstrun)");
  expect(status).toBe(0);
  const listed = execFileSync("mdir", ["-b", "-i", fat, "::"], { encoding: "utf8" });
  for (const name of ["firstrun.sh", "doorward.tar.xz", "doorward.txt"]) expect(listed).toContain(name);
});

describe("what is wrong is said in a line, and the card stays as it was", () => {
  const cases: Record<string, { readonly change: () => void; readonly words?: () => string[]; readonly said: string }> =
    {
      "the system partition": {
        change: () => {
          rmSync(join(boot, "cmdline.txt"));
          mkdirSync(join(boot, "etc"));
        },
        said: "system partition",
      },
      "another partition": { change: () => rmSync(join(boot, "config.txt")), said: "not the boot partition" },
      "a 32-bit system": { change: () => rmSync(join(boot, "kernel8.img")), said: "32-bit Raspberry Pi OS" },
      "a 64-bit kernel switched off": {
        change: () => writeFileSync(join(boot, "config.txt"), "arm_64bit=0\n"),
        said: "arm_64bit=0",
      },
      "a Wi-Fi file without password": {
        change: () => writeFileSync(at("wifi.env"), "SSID=Home\nCOUNTRY=DE\n"),
        said: "password is missing",
      },
      "a short password": {
        change: () => writeFileSync(at("wifi.env"), "SSID=Home\nPASSWORD=short\nCOUNTRY=DE\n"),
        said: "5 characters; WPA takes 8 to 63",
      },
      "no country": {
        change: () => writeFileSync(at("wifi.env"), `SSID=Home\nPASSWORD=${PASSWORD}\n`),
        said: "country",
      },
      "a line that is nothing": {
        change: () => writeFileSync(at("wifi.env"), "SSID=Home\nnetwork={\n"),
        said: "Line 2 of",
      },
      "a missing Wi-Fi file": { change: () => rmSync(at("wifi.env")), said: "does not exist" },
      "a host name with a space": { change: () => {}, words: () => ["--hostname", "door bell"], said: "no host name" },
      "an account without a way in": {
        change: () => {},
        words: () => ["--user", "pi"],
        said: "neither password nor key",
      },
      "a private key in place of the public one": {
        change: () => writeFileSync(at("key"), "-----BEGIN OPENSSH PRIVATE KEY-----\n"),
        words: () => ["--user", "pi", "--ssh-key", at("key")],
        said: "no public SSH key",
      },
      "a package for another machine": {
        change: () => {
          writeFileSync(at("doorward/VERSION"), "0.1.0 x64 node-20\n");
          execFileSync("tar", ["-cJf", at("doorward.tar.xz"), "-C", dir, "doorward"]);
        },
        said: "no Doorward package for arm64",
      },
    };
  test.each(Object.keys(cases))("%s", (name) => {
    cases[name]?.change();
    const { status, stderr } = onBoot(...(cases[name]?.words?.() ?? []));
    expect(status).toBe(1);
    expect(stderr).toContain(cases[name]?.said);
    expect(existsSync(join(boot, "doorward.txt"))).toBe(false);
    expect(existsSync(join(boot, "firstrun.sh"))).toBe(false);
  });
});

describe("the pairing code at the first start", () => {
  /** A `doorward pair` that gives codes until somebody has paired. */
  const program = (answers: number): string => {
    writeFileSync(
      at("doorward-program"),
      `#!/bin/sh
n=$(cat ${at("count")} 2>/dev/null || echo 0); echo $((n + 1)) >${at("count")}
if [ "$n" -ge ${answers} ]; then echo "doorward: the doorbell opens no pairing window: the device has an owner" >&2; exit 1; fi
echo picture >"$3"; echo "doorward:pair:$n"
ls ${boot} >${at("seen")}
`,
    );
    chmodSync(at("doorward-program"), 0o755);
    return at("doorward-program");
  };
  const show = (answers: number, windows: string) =>
    spawnSync(join(root, "firmware/image/show-pairing"), [], {
      encoding: "utf8",
      env: {
        ...process.env,
        DOORWARD_BOOT: boot,
        DOORWARD_PROGRAM: program(answers),
        DOORWARD_SCREENS: at("screen"),
        DOORWARD_WINDOWS: windows,
        DOORWARD_WAIT: "0",
        DOORWARD_RETRY: "0",
      },
    });

  test("is on the screen and on the card until somebody has paired, and on neither afterwards", () => {
    writeFileSync(at("screen"), "");
    writeFileSync(join(boot, "doorward.txt"), "");
    expect(show(2, "9").status).toBe(0);
    expect(readFileSync(at("seen"), "utf8")).toContain("doorward-pair.png");
    expect(readFileSync(at("screen"), "utf8")).toContain("paired");
    for (const name of ["doorward-pair.png", "doorward-pair.txt", "doorward.txt"]) {
      expect(existsSync(join(boot, name)), name).toBe(false);
    }
  });

  test("is gone after an hour in which nobody came", () => {
    writeFileSync(at("screen"), "");
    expect(show(99, "2").status).toBe(0);
    expect(existsSync(join(boot, "doorward-pair.txt"))).toBe(false);
    expect(readFileSync(at("screen"), "utf8")).toContain("Nobody has paired");
  });
});
