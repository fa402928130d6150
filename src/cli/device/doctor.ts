import type { Invocation, Outcome } from "../definition.ts";
import { deviceConfig } from "../device-config.ts";
import { brokerCheck } from "../doctor/broker.ts";
import { cameraCheck, soundCheck } from "../doctor/camera.ts";
import { daemonCheck, daemonStatus } from "../doctor/daemon.ts";
import type { Finding } from "../doctor/finding.ts";
import { gpioCheck } from "../doctor/gpio.ts";
import { diskCheck, permissionsCheck } from "../doctor/storage.ts";
import { clockCheck, ffmpegCheck, systemCheck } from "../doctor/system.ts";
import { webCheck } from "../doctor/web.ts";
import { EXIT } from "../errors.ts";
import { table } from "../table.ts";

const checks = [
  systemCheck,
  ffmpegCheck,
  cameraCheck,
  soundCheck,
  gpioCheck,
  brokerCheck,
  webCheck,
  diskCheck,
  clockCheck,
  permissionsCheck,
  daemonCheck,
];
const mark = { ok: "ok", note: "note", problem: "PROBLEM" } as const;

export async function run({ options, terminal, signal }: Invocation): Promise<Outcome> {
  const config = await deviceConfig(options);
  const daemon = await daemonStatus(config, signal);
  const isDaemonRunning = daemon !== null;
  const findings: Finding[] = [];
  const progress = terminal.progress("Looking");
  for (const [i, { topic, look }] of checks.entries()) {
    progress.update(i, checks.length, topic);
    for (const found of await look({ config, isDaemonRunning, daemon, signal })) findings.push({ topic, ...found });
  }
  progress.end();
  const isReport = options.flag("report");
  const shown = isReport ? findings.map(({ where: _where, ...rest }) => rest) : findings;
  terminal.say(isReport ? reportText(shown) : plainText(shown));
  const problems = findings.filter(({ level }) => level === "problem").length;
  if (!isReport) terminal.say(problems === 0 ? "\nNothing is wrong." : `\n${problems} to mend.`);
  return { json: { ok: problems === 0, findings: shown }, exit: problems === 0 ? EXIT.ok : EXIT.notVerified };
}

function plainText(findings: readonly Finding[]): string {
  return findings
    .flatMap(({ topic, level, found, where, remedy }) => [
      `${mark[level].padEnd(7)}  ${topic.padEnd(11)}  ${found}${where === undefined ? "" : ` (${where})`}`,
      ...(remedy === undefined ? [] : [`${" ".repeat(22)}→ ${remedy}`]),
    ])
    .join("\n");
}

function reportText(findings: readonly Finding[]): string {
  return table(
    [{ title: "" }, { title: "" }, { title: "" }],
    findings.map(({ topic, level, found }) => [mark[level], topic, found]),
  ).trimStart();
}
