import { buttons } from "./buttons.ts";
import { cameraFaults } from "./camera-faults.ts";
import type { Case } from "./case.ts";
import { figures } from "./figures.ts";
import { indoorButton } from "./indoor-button.ts";
import { installation } from "./installation.ts";
import { recording } from "./recording.ts";
import { supervision } from "./supervision.ts";
import { talking } from "./talking.ts";

/** In the order in which they run: what ends the household comes last. */
export const cases: readonly Case[] = [
  ...buttons,
  ...recording,
  ...talking,
  ...cameraFaults,
  ...supervision,
  ...installation,
  ...figures,
  ...indoorButton,
];
