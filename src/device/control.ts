import { pairingLink } from "../protocol/pairing-handshake.ts";
import type { DoorWatch } from "./door-watch.ts";
import type { Health } from "./health.ts";
import { whatToDo } from "./recorder/failure-reason.ts";
import type { ControlSocket } from "./sensor/control-socket.ts";
import type { GpioDriver } from "./sensor/gpio-driver.ts";
import { SimulatedDriver } from "./sensor/simulated-driver.ts";
import { serveSimulation } from "./sensor/simulation.ts";

/**
 * What programs of this machine, run by the doorbell's own user, may ask of the daemon.
 * @param watch - Throws, with the reason, while nothing but the bell works.
 * @param health - Answers also then.
 */
export function serveControl(
  control: ControlSocket,
  driver: GpioDriver,
  watch: () => Pick<DoorWatch, "link" | "webOrigin">,
  health: () => Health,
  refusedOutputs: () => readonly string[],
): void {
  control.handle("pair", async () => {
    const door = watch();
    const { qrText, closesAfterMs } = await door.link.startPairing();
    const { webOrigin } = door; // known by now, also right after a start
    return { ok: true, text: qrText, link: webOrigin === null ? null : pairingLink(webOrigin, qrText), closesAfterMs };
  });
  control.handle("status", () => {
    const { failure, cameraLost, microphoneLost } = health();
    if (failure !== null) {
      const { code, message, todo } = failure;
      return { ok: false, error: message, failure: { code, todo } };
    }
    const { link, webOrigin } = watch();
    return {
      ok: true,
      link: link.state,
      brokerPort: link.brokerPort,
      app: webOrigin,
      cameraLost: cameraLost === null ? null : { code: cameraLost, todo: whatToDo(cameraLost) },
      microphoneLost,
    };
  });
  control.handle("pins", () => ({ ok: true, refused: refusedOutputs() }));
  if (driver instanceof SimulatedDriver) serveSimulation(control, driver);
}
