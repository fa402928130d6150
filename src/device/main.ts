import { loadConfig } from "./config/load-config.ts";
import { reloadConfig } from "./config/reload-config.ts";
import { Device } from "./device.ts";
import { makeNodeLog } from "./platform/node-log.ts";
import { makeSupervisor } from "./platform/sd-notify.ts";
import { startPatiently } from "./start-patiently.ts";

/**
 * Runs the doorbell until the signal aborts: argv, signals and systemd, nothing else.
 * @throws Configuration and start-up errors, each with what to do.
 */
export async function runDaemon(configFile: string, signal: AbortSignal): Promise<void> {
  let config = await loadConfig(configFile);
  const log = makeNodeLog({ level: config.log.level });
  const supervisor = makeSupervisor();
  let status = "starting";
  const device = new Device(config, log, {
    onStatus(text) {
      status = text;
      supervisor.status(text);
    },
  });
  await startPatiently(device, { clock: device.clock, log }, signal);
  const stopWatching = supervisor.watch(device.clock, () => device.isAlive());
  supervisor.ready(status);
  const onHangup = (): void => {
    reload().catch((error: unknown) => log.error("reload failed", { error: String(error) }));
  };
  const reload = async (): Promise<void> => {
    supervisor.reloading();
    const outcome = await reloadConfig(config, configFile, log);
    if (outcome.outcome === "kept") log.error("configuration kept", { code: outcome.error.code });
    else {
      config = outcome.config;
      log.setLevel(config.log.level);
      device.reloaded(outcome);
      log.info("configuration reloaded", {
        changed: outcome.changed.join(" "),
        restart: outcome.needRestart.join(" "),
      });
    }
    supervisor.ready(status);
  };
  process.on("SIGHUP", onHangup);
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  process.off("SIGHUP", onHangup);
  stopWatching();
  supervisor.stopping();
  await device.stop();
  log.info("stopped");
}
