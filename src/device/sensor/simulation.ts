import type { ControlAnswer, ControlRequest, ControlSocket } from "./control-socket.ts";
import { INPUT_PINS, type InputName, OUTPUT_PINS, type OutputName } from "./sensor-config.ts";
import type { SimulatedDriver } from "./simulated-driver.ts";

const RING_MS = 300;
const MOTION_MS = 3000;
const LONGEST_HOLD_MS = 600_000;

/**
 * Lets the control socket move simulated pins. Answers come at once, not when a hold ends.
 * `{"op":"ring","ms"?}` · `{"op":"motion","ms"?}` · `{"op":"hold","pin":"bell"|"pairing","ms"}` ·
 * `{"op":"level","pin":NAME}` reads any pin, with `"level":0|1` sets an input.
 */
export function serveSimulation(control: ControlSocket, driver: SimulatedDriver): void {
  const press = (pin: InputName, request: ControlRequest, usualMs: number): ControlAnswer => {
    const ms = request.ms ?? usualMs;
    if (typeof ms !== "number" || !(ms > 0 && ms <= LONGEST_HOLD_MS)) {
      return { ok: false, error: `"ms" must be a number above 0, at most ${LONGEST_HOLD_MS}` };
    }
    driver.press(pin, ms);
    return { ok: true, pin, ms };
  };
  control.handle("ring", (request) => press("bell", request, RING_MS));
  control.handle("motion", (request) => press("motion", request, MOTION_MS));
  control.handle("hold", (request) => {
    const pin = request.pin ?? "pairing";
    return pin === "bell" || pin === "pairing"
      ? press(pin, request, RING_MS)
      : { ok: false, error: '"pin" must be "bell" or "pairing"' };
  });
  control.handle("level", ({ pin, level }) => {
    const name = [...INPUT_PINS, ...OUTPUT_PINS].find((known) => known === pin);
    if (name === undefined)
      return { ok: false, error: `"pin" must be one of ${[...INPUT_PINS, ...OUTPUT_PINS].join(", ")}` };
    if (level === undefined) return { ok: true, pin: name, level: driver.level(name) };
    if (!isInput(name) || (level !== 0 && level !== 1))
      return { ok: false, error: `"level" must be 0 or 1, of one of ${INPUT_PINS.join(", ")}` };
    driver.setLevel(name, level);
    return { ok: true, pin: name, level };
  });
}

function isInput(name: InputName | OutputName): name is InputName {
  return (INPUT_PINS as readonly string[]).includes(name);
}
