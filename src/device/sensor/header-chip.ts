import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { SensorError } from "./errors.ts";

/** Drivers of the chip behind a Pi's 40-pin header: up to the Pi 3 and Zero 2 W, Pi 4, Pi 5. Other chips of a board have other labels. */
export const HEADER_CHIP_LABELS = ["pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"] as const;

const isHeaderChip = (label: string): boolean => (HEADER_CHIP_LABELS as readonly string[]).includes(label);

/**
 * First sysfs number of the header's pins; a pin's number is this plus its BCM number. It differs by board and kernel
 * (0, 512, 571 …), and the header's chip is not always the first one listed.
 * @throws SensorError `gpio/no-sysfs`, `gpio/no-chip`.
 */
export async function sysfsHeaderBase(sysRoot = "/sys"): Promise<number> {
  const folder = join(sysRoot, "class/gpio");
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new SensorError("gpio/no-sysfs", `${folder} is missing`, { cause });
  });
  const seen: string[] = [];
  for (const name of names.filter((entry) => entry.startsWith("gpiochip"))) {
    const label = await attribute(join(folder, name, "label"));
    const base = Number(await attribute(join(folder, name, "base")));
    if (isHeaderChip(label) && Number.isInteger(base)) return base;
    seen.push(label);
  }
  throw new SensorError(
    "gpio/no-chip",
    `chips found: ${seen.join(", ") || "none"}; wanted: ${HEADER_CHIP_LABELS.join(" or ")}`,
  );
}

/**
 * Name of the header's chip in the output of `gpiodetect`, whose lines are `gpiochip0 [pinctrl-bcm2711] (58 lines)`.
 * @throws SensorError `gpio/no-chip`.
 */
export function headerChipIn(gpiodetect: string): string {
  const chips = [...gpiodetect.matchAll(/^(\S+) \[([^\]]*)\]/gm)].map(([, name = "", label = ""]) => ({ name, label }));
  const chip = chips.find(({ label }) => isHeaderChip(label));
  if (chip === undefined) {
    const seen = chips.map(({ label }) => label).join(", ");
    throw new SensorError("gpio/no-chip", `chips found: ${seen || "none"}; wanted: ${HEADER_CHIP_LABELS.join(" or ")}`);
  }
  return chip.name;
}

async function attribute(path: string): Promise<string> {
  return (await readFile(path, "utf8").catch(() => "")).trim();
}
