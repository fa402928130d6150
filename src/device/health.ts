import type { StartFailure } from "./start-failure.ts";

/** How the doorbell is, for its light, for systemd and for `doorward doctor`. */
export interface Health {
  /** Why nothing but the bell works; null when all of it was started. */
  readonly failure: StartFailure | null;
  /** Why the camera gives no picture, as the recorder names it; null while it does, or has yet to show. */
  readonly cameraLost: string | null;
  readonly microphoneLost: boolean;
}
