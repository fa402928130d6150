import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
let dir: string;
/** The system that is installed into. */
let target: string;
/** An unpacked archive. */
let archive: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "doorward-install-test-"));
  target = join(dir, "target");
  archive = join(dir, "archive");
  for (const folder of ["tmp", "etc/systemd/system", "etc/doorward/secrets", "var/lib/doorward"])
    mkdirSync(join(target, folder), { recursive: true });
  for (const folder of ["scripts", "bin", "firmware"]) mkdirSync(join(archive, folder), { recursive: true });
  for (const name of ["install", "uninstall", "steps", "boot-files"])
    cpSync(join(root, "scripts", name), join(archive, "scripts", name));
  cpSync(join(root, "systemd"), join(archive, "systemd"), { recursive: true });
  cpSync(join(root, "firmware/board"), join(archive, "firmware/board"), { recursive: true });
  file(join(archive, "VERSION"), "0.2.0 x64 node-20\n");
  program("id", 'case "$*" in -u) echo 0 ;; *) exec /usr/bin/id "$@" ;; esac');
  for (const name of ["chown", "sync"]) program(name, "");
  // The target's own programs: what they would do is noted, and the file system is not theirs to change.
  program(
    "chroot",
    `shift
echo "$*" >>${join(dir, "ran")}
case "$*" in
  "dpkg --print-architecture") echo amd64 ;;
  *is-enabled*) exit 1 ;;
  "systemctl --version") echo "systemd 257" ;;
  "dpkg-query"*) [ -z "$PACKAGE_STATUS" ] || case "$*" in *Status-Status*) printf %s "$PACKAGE_STATUS" ;; esac; [ -n "$PACKAGE_STATUS" ] ;;
  "runuser"*" setup "*) { echo '[broker]'; echo "# $*"; cat ${join(dir, "answered")} 2>/dev/null; } >${join(dir, "configuration")}; true ;;
  "runuser"*" cat "*) cat ${join(dir, "configuration")} ;;
  "getent group gpio") [ ! -e ${join(dir, "gpio")} ] || cat ${join(dir, "gpio")} ;;
  "getent"*) exit 2 ;;
esac`,
  );
});
afterEach(() => rmSync(dir, { recursive: true }));

function file(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
}
const program = (name: string, text: string): void => file(join(dir, "bin", name), `#!/bin/sh\n${text}\n`, 0o755);
const inTarget = (path: string): string => readFileSync(join(target, path), "utf8");
const ran = (): string[] =>
  existsSync(join(dir, "ran")) ? readFileSync(join(dir, "ran"), "utf8").trim().split("\n") : [];

function script(name: "install" | "uninstall", words: readonly string[], status = "") {
  return spawnSync(join(archive, "scripts", name), ["--target", target, "--yes", ...words], {
    encoding: "utf8",
    env: { PATH: `${join(dir, "bin")}:/usr/bin:/bin:/usr/sbin:/sbin`, PACKAGE_STATUS: status, TMPDIR: dir },
  });
}
const install = (words: readonly string[] = [], status = "") => script("install", words, status);

describe("an archive on a system that has, or had, the Debian package", () => {
  test("that was removed and left its configuration: the archive brings its units", () => {
    expect(install([], "config-files")).toMatchObject({ status: 0 });
    expect(inTarget("etc/systemd/system/doorward.service")).toContain("Doorward's daemon");
  });

  test("that is installed: nothing is exchanged, and what to do is said", () => {
    file(join(target, "opt/doorward/VERSION"), "0.1.0 x64 node-20\n");
    const { status, stderr } = install([], "installed");
    expect(status).toBe(1);
    expect(stderr).toContain("apt install ./doorward_");
    expect(inTarget("opt/doorward/VERSION")).toContain("0.1.0");
  });
});

test("an update takes the old program's place at once, and nothing is left beside it", () => {
  file(join(target, "opt/doorward/VERSION"), "0.1.0 x64 node-20\n");
  program("mv", 'case "$*" in *"/opt/doorward "*|*"/opt/doorward") exit 1 ;; *) exec /bin/mv "$@" ;; esac');
  expect(install()).toMatchObject({ status: 0 });
  expect(inTarget("opt/doorward/VERSION")).toContain("0.2.0");
  expect(readdirSync(join(target, "opt"))).toEqual(["doorward"]);
});

test("a package is handed to dpkg in a folder that nobody can have made before, and that is gone afterwards", () => {
  const deb = join(dir, "doorward.deb");
  file(
    join(dir, "deb/DEBIAN/control"),
    "Package: doorward\nVersion: 1\nArchitecture: amd64\nMaintainer: d <d@d>\nDescription: d\n",
  );
  cpSync(archive, join(dir, "deb/opt/doorward"), { recursive: true });
  execFileSync("dpkg-deb", ["--build", "-Znone", join(dir, "deb"), deb], { stdio: "ignore" });
  file(join(target, "opt/doorward/VERSION"), "0.1.0 x64 node-20\n");
  cpSync(join(archive, "scripts"), join(target, "opt/doorward/scripts"), { recursive: true });
  expect(install([deb], "installed")).toMatchObject({ status: 0 });
  expect(ran().find((line) => line.startsWith("dpkg --force-depends"))).toMatch(
    / \/tmp\/doorward-install\.\w{6}\/doorward\.deb$/,
  );
  expect(readdirSync(join(target, "tmp"))).toEqual([]);
});

test("the configuration's folder is root's, and what setup writes becomes root's", () => {
  expect(install()).toMatchObject({ status: 0 });
  expect(ran()).toContain("install -d -m 750 -o root -g doorward /etc/doorward");
  expect(ran().find((line) => line.includes(" setup "))).not.toContain("--config /etc/");
  expect(ran()).toContain("chown root:doorward /etc/doorward/doorward.toml.new");
  expect(readdirSync(join(target, "tmp"))).toEqual([]);
});

describe("--shared-broker", () => {
  test("has its password before setup is asked, which takes the shared broker", () => {
    expect(install(["--shared-broker"])).toMatchObject({ status: 0 });
    expect(inTarget("etc/doorward/secrets/broker.password")).toMatch(/^\S{24}\n$/);
    expect(ran().find((line) => line.includes(" setup "))).toContain("--broker shared");
    expect(ran()).toContain("systemctl --quiet enable doorward-broker.service");
  });

  test("on a doorbell with a broker of its own, which would take the same port, wants the questions anew", () => {
    file(join(target, "etc/doorward/doorward.toml"), '[broker]\nhost = "0.0.0.0"\n[web]\nurl = "x"\n');
    const { status, stderr } = install(["--shared-broker"]);
    expect(status).toBe(1);
    expect(stderr).toContain("Add --again");
    expect(install(["--shared-broker", "--again"])).toMatchObject({ status: 0 });
  });
});

describe("a Raspberry Pi's boot partition", () => {
  const stock = ["arm_64bit=1\n", "console=tty1 rootwait\n"] as const;
  const onMap = `driver = "onoff"\nbell_pin = 17\npairing_pin = 27\nmotion_pin = 22\nchime_pin = 23\nstatus_led_pin = 24\nrecording_led_pin = 25\nbutton_led_pin = 12\ntalk_led_pin = 16\n`;
  const boot = (): string[] => ["config.txt", "cmdline.txt"].map((name) => inTarget(`boot/firmware/${name}`));
  beforeEach(() => {
    file(join(target, "boot/firmware/config.txt"), stock[0]);
    file(join(target, "boot/firmware/cmdline.txt"), stock[1]);
  });

  test("gets pull-ups and memory limit, once, and loses them when Doorward goes", () => {
    writeFileSync(join(dir, "answered"), onMap);
    expect(install()).toMatchObject({ status: 0 });
    expect(boot()[0]).toContain("gpio=17,27=ip,pu\n");
    expect(boot()[1]).toBe("console=tty1 rootwait cgroup_enable=memory\n");
    expect(install(["--json"]).stdout).not.toContain("/boot/firmware");
    file(join(target, "boot/firmware/doorward-log.txt"), "");
    expect(script("uninstall", [])).toMatchObject({ status: 0 });
    expect(boot()).toEqual(stock);
    expect(existsSync(join(target, "boot/firmware/doorward-log.txt"))).toBe(false);
  });

  test("is left alone as to pins that are not the pin map's", () => {
    writeFileSync(join(dir, "answered"), onMap.replace("bell_pin = 17", "bell_pin = 5"));
    expect(install()).toMatchObject({ status: 0 });
    expect(boot()[0]).not.toContain("gpio=");
  });
});

test("a Pi whose system has no program for the ribbon camera gets the rest", () => {
  file(join(dir, "model"), "Raspberry Pi 4 Model B\0");
  const { status, stderr } = spawnSync(
    "bash",
    [
      "-c",
      `. ${join(root, "scripts/steps")}
inside() { [ "$1" != sh ] || [ "$5" != rpicam-vid ]; }
install_packages() { stop "apt could not install: $*"; }
changed() { echo "changed $*"; }
packages=yes; tree=/nonexistent; arch=x64
eval "$(sed -n '/^needs()/,/^# put FILE/p' ${join(root, "scripts/install")})"
system_packages; echo went on >&2`,
    ],
    { encoding: "utf8", env: { PATH: process.env.PATH, DOORWARD_MODEL: join(dir, "model") } },
  );
  expect(stderr).toContain("Going on without rpicam-apps");
  expect(stderr).toContain("went on");
  expect(status).toBe(0);
});

test.each([
  [
    "a running doorbell is stopped for the questions and goes on, also when they fail",
    "true",
    "--again",
    ["is-active", "stop", "start"],
  ],
  ["one that does not run stays so", "false", "--again", ["is-active", "stop"]],
  ["where nothing is asked, nothing stops", "true", "", []],
])("%s", (_what, isActive, answer, expected) => {
  file(join(target, "etc/doorward/doorward.toml"), "");
  const { stdout } = spawnSync(
    "bash",
    [
      "-c",
      `systemctl() { for word; do case $word in --*) ;; *) echo "$word"; break ;; esac; done; case $* in *is-active*) ${isActive} ;; esac; }
prefix=${target} answers=(${answer}) paused=no
eval "$(sed -n '/^go_on()/p; /^pause() {/,/^}/p' ${join(root, "scripts/install")})"
is_attended() { true; }
trap go_on EXIT
pause
exit 1`,
    ],
    { encoding: "utf8" },
  );
  expect(stdout.split("\n").filter(Boolean)).toEqual(expected);
});

test("uninstalling takes what a prepared card and other units left, and the group that only Doorward used", () => {
  for (const path of ["var/lib/private/doorward-register/keys", "usr/local/sbin/doorward-first-boot"])
    file(join(target, path), "");
  symlinkSync("private/doorward-register", join(target, "var/lib/doorward-register"));
  file(join(dir, "gpio"), "gpio:x:990:\n");
  expect(script("uninstall", ["--keep-vault"])).toMatchObject({ status: 0 });
  expect(existsSync(join(target, "var/lib/private/doorward-register/keys"))).toBe(true);
  expect(script("uninstall", [])).toMatchObject({ status: 0 });
  const left = execFileSync("find", [target, "-name", "*doorward*"], { encoding: "utf8" });
  expect(left).toBe("");
  expect(ran()).toContain("groupdel gpio");
});

describe("the Debian package over an archive", () => {
  const unit = (): string => join(target, "etc/systemd/system/doorward.service");
  const postinst = () => {
    for (const name of ["systemd-sysusers", "install", "find", "udevadm"]) program(name, "");
    program("systemctl", `echo "systemctl $*" >>${join(dir, "ran")}`);
    return spawnSync("sh", [join(root, "scripts/packaging/postinst"), "configure"], {
      encoding: "utf8",
      env: { PATH: `${join(dir, "bin")}:/usr/bin:/bin`, DPKG_ROOT: target },
    });
  };

  test("takes away the archive's units, rules and command, which would stand before its own", () => {
    cpSync(join(root, "systemd/doorward.service"), unit());
    mkdirSync(join(target, "etc/systemd/system/multi-user.target.wants"));
    symlinkSync(
      "/etc/systemd/system/doorward.service",
      join(target, "etc/systemd/system/multi-user.target.wants/doorward.service"),
    );
    file(join(target, "etc/udev/rules.d/60-doorward.rules"), "");
    mkdirSync(join(target, "usr/local/bin"), { recursive: true });
    symlinkSync("/opt/doorward/bin/doorward", join(target, "usr/local/bin/doorward"));
    expect(postinst()).toMatchObject({ status: 0 });
    expect(existsSync(unit())).toBe(false);
    expect(readdirSync(join(target, "usr/local/bin"))).toEqual([]);
    expect(readdirSync(join(target, "etc/udev/rules.d"))).toEqual([]);
    expect(ran()).toContain("systemctl --quiet reenable doorward.service");
  });

  test("gives the new program to every unit that runs", () => {
    mkdirSync(join(target, "run/systemd/system"), { recursive: true });
    expect(postinst()).toMatchObject({ status: 0 });
    const restarted = ran().find((line) => line.startsWith("systemctl try-restart "));
    for (const name of ["doorward", "doorward-broker", "doorward-mailbox", "doorward-register", "doorward-witness"]) {
      expect(restarted).toContain(` ${name}.service`);
    }
  });

  test("leaves a unit that the administrator has masked", () => {
    symlinkSync("/dev/null", unit());
    expect(postinst()).toMatchObject({ status: 0 });
    expect(readdirSync(dirname(unit()))).toEqual(["doorward.service"]);
  });
});
