import type { DoorwardConfig } from "../../device/config/config.ts";
import { askDaemon } from "../control-client.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { deviceConfig } from "../device-config.ts";
import { brokerCheck } from "../doctor/broker.ts";
import { cameraCheck, soundCheck } from "../doctor/camera.ts";
import type { Finding } from "../doctor/finding.ts";
import { gpioCheck } from "../doctor/gpio.ts";
import { diskCheck, permissionsCheck } from "../doctor/storage.ts";
import { clockCheck, ffmpegCheck, systemCheck } from "../doctor/system.ts";
import { webCheck } from "../doctor/web.ts";
import { CliError, EXIT } from "../errors.ts";
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
];
const mark = { ok: "ok", note: "note", problem: "PROBLEM" } as const;

export async function run({ options, terminal, signal }: Invocation): Promise<Outcome> {
  const config = await deviceConfig(options);
  const isDaemonRunning = await daemonAnswers(config, signal);
  const findings: Finding[] = [];
  const progress = terminal.progress("Looking");
  for (const [i, { topic, look }] of checks.entries()) {
    progress.update(i, checks.length, topic);
    for (const found of await look({ config, isDaemonRunning, signal })) findings.push({ topic, ...found });
  }
  progress.end();
  findings.push({ topic: "daemon", level: "ok", found: isDaemonRunning ? "running" : "not running" });
  const isReport = options.flag("report");
  const shown = isReport ? findings.map(({ where: _where, ...rest }) => rest) : findings;
  terminal.say(isReport ? reportText(shown) : plainText(shown));
  const problems = findings.filter(({ level }) => level === "problem").length;
  if (!isReport) terminal.say(problems === 0 ? "\nNothing is wrong." : `\n${problems} to mend.`);
  return { json: { ok: problems === 0, findings: shown }, exit: problems === 0 ? EXIT.ok : EXIT.notVerified };
}

async function daemonAnswers(config: DoorwardConfig, signal: AbortSignal): Promise<boolean> {
  try {
    await askDaemon(config, { op: "status" }, signal);
    return true;
  } catch (error) {
    if (error instanceof CliError && error.code !== "cli/interrupted") return false;
    throw error;
  }
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
