import type { StatementKind } from "../envelope.ts";
import { bytes, object, type ValueOf } from "../shape.ts";

const shape = object({ device: bytes(32), clip: bytes(16), clipKey: bytes(32) });

/** Binds a clip's key to the device that made it, signed by the device; stays with the owners unless they add it. */
export type ClipKeyBinding = ValueOf<typeof shape>;

export const clipKeyStatement: StatementKind<ClipKeyBinding> = { kind: "clip-key", shape };
