import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * gpiodetect, gpioget, gpiomon and gpioset as shell programs that refuse the other version's flags, as the real ones do.
 * Lines lie in `lines/<bcm>`: `gpiomon` prints what is written to the named pipe `edges-<bcm>`; each holder notes itself in `log`,
 * and in `times` since when. A line named in `busy-<bcm>` is refused.
 */
export async function installGpiodPrograms(dir: string, version: "1.6.3" | "2.2.1"): Promise<void> {
  await mkdir(dir, { recursive: true });
  const major = version.startsWith("1") ? 1 : 2;
  const refused = major === 1 ? "--chip|--edges=*|--numeric|--toggle|-c" : "--line-buffered|--mode=*|--sec=*|--usec=*";
  const refuseBusy = `for last; do :; done
[ -e "$dir/busy-\${last%=*}" ] && { echo "error: unable to request lines on '/dev/gpiochip4': Device or resource busy" >&2; exit 1; }`;
  const programs: Record<string, string> = {
    gpiodetect: `echo 'gpiochip0 [raspberrypi-exp-gpio] (8 lines)'; echo 'gpiochip4 [pinctrl-rp1] (54 lines)'`,
    gpioget: `${refuseBusy}
cat "$dir/initial" 2>/dev/null || echo 0`,
    gpiomon: `for last; do :; done
[ -p "$dir/edges-$last" ] || mkfifo "$dir/edges-$last"
exec cat "$dir/edges-$last"`,
    gpioset: `${refuseBusy}
case " $* " in *" --mode=exit "* | *" --toggle 0 "*) exit 0 ;; esac
echo "$(date +%s%3N) $last" >> "$dir/times"
trap 'trap "" TERM; echo "released $last" >> "$dir/log"; kill $! 2>/dev/null; exit 0' TERM
echo "held $last" >> "$dir/log"
lapse=
for flag; do
  case "$flag" in --usec=*) usec="\${flag#--usec=}" ;; --sec=*) sec="\${flag#--sec=}" ;; *ms,0) lapse="\${flag%ms,0}" ;; esac
done
[ -n "\${usec:-}" ] && lapse=$((sec * 1000 + usec / 1000))
if [ -n "$lapse" ]; then sleep "0.$(printf %03d "$lapse")" & wait $!; echo "lapsed $last" >> "$dir/log"; exit 0; fi
while :; do sleep 1000 & wait $!; done`,
  };
  for (const [name, body] of Object.entries(programs)) {
    const text = `#!/bin/sh
dir='${dir}'
[ "$1" = --version ] && { echo '${name} (libgpiod) v${version}'; exit 0; }
echo "${name} $*" >> "$dir/calls"
for flag; do case "$flag" in ${refused}) echo "unknown flag $flag" >&2; exit 1 ;; esac; done
${body}
`;
    await writeFile(join(dir, name), text);
    await chmod(join(dir, name), 0o755);
  }
}
