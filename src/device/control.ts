import type { Link } from "./link/link.ts";
import type { ControlSocket } from "./sensor/control-socket.ts";
import type { GpioDriver } from "./sensor/gpio-driver.ts";
import { SimulatedDriver } from "./sensor/simulated-driver.ts";
import { serveSimulation } from "./sensor/simulation.ts";

/**
 * What programs of this machine, run by the doorbell's own user, may ask of the daemon.
 * @param link - Throws, with the reason, while nothing but the bell works.
 */
export function serveControl(control: ControlSocket, driver: GpioDriver, link: () => Link): void {
  control.handle("pair", async () => {
    const { qrText, closesAfterMs } = await link().startPairing();
    return { ok: true, text: qrText, closesAfterMs };
  });
  control.handle("status", () => {
    const { state, brokerPort } = link();
    return { ok: true, link: state, brokerPort };
  });
  if (driver instanceof SimulatedDriver) serveSimulation(control, driver);
}
