import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { headerChipIn, sysfsHeaderBase } from "../../../src/device/sensor/header-chip.ts";

let sys: string;
beforeEach(async () => {
  sys = await mkdtemp(join(tmpdir(), "doorward-sys-"));
});
afterEach(() => rm(sys, { recursive: true }));

type Chip = readonly [name: string, label: string, base: number];

async function layOut(chips: readonly Chip[]): Promise<void> {
  await mkdir(join(sys, "class/gpio"), { recursive: true });
  await writeFile(join(sys, "class/gpio/export"), "");
  for (const [name, label, base] of chips) {
    const folder = join(sys, "class/gpio", name);
    await mkdir(folder);
    await writeFile(join(folder, "label"), `${label}\n`);
    await writeFile(join(folder, "base"), `${base}\n`);
  }
}

describe("the header's chip in sysfs", () => {
  const boards: Record<string, { chips: readonly Chip[]; base: number }> = {
    "Pi 3, old kernel": {
      chips: [
        ["gpiochip0", "pinctrl-bcm2835", 0],
        ["gpiochip504", "raspberrypi-exp-gpio", 504],
      ],
      base: 0,
    },
    "Pi 3, the expander listed first": {
      chips: [
        ["gpiochip504", "raspberrypi-exp-gpio", 504],
        ["gpiochip512", "pinctrl-bcm2835", 512],
      ],
      base: 512,
    },
    "Pi 4, kernel 6.6": {
      chips: [
        ["gpiochip512", "pinctrl-bcm2711", 512],
        ["gpiochip570", "raspberrypi-exp-gpio", 570],
      ],
      base: 512,
    },
    "Pi 5, kernel 6.1": {
      chips: [
        ["gpiochip399", "pinctrl-rp1", 399],
        ["gpiochip453", "brcmvirt-gpio", 453],
      ],
      base: 399,
    },
    "Pi 5, decoys before and after": {
      chips: [
        ["gpiochip512", "gpio-brcmstb@107d508500", 512],
        ["gpiochip544", "gpio-brcmstb@107d517c00", 544],
        ["gpiochip571", "pinctrl-rp1", 571],
        ["gpiochip625", "my-expander", 625],
      ],
      base: 571,
    },
  };
  test.each(Object.keys(boards))("%s", async (name) => {
    const { chips, base } = boards[name] ?? { chips: [], base: -1 };
    await layOut(chips);
    expect(await sysfsHeaderBase(sys)).toBe(base);
  });

  test("is refused where only others are, and those are named", async () => {
    await layOut([["gpiochip0", "INT33FF:00", 0]]);
    await expect(sysfsHeaderBase(sys)).rejects.toMatchObject({
      code: "gpio/no-chip",
      message: expect.stringContaining("INT33FF:00"),
    });
  });

  test("is not guessed at when a label merely begins like one", async () => {
    await layOut([["gpiochip0", "pinctrl-bcm2835-fake", 0]]);
    await expect(sysfsHeaderBase(sys)).rejects.toMatchObject({ code: "gpio/no-chip" });
  });

  test("needs sysfs GPIO", async () => {
    await expect(sysfsHeaderBase(sys)).rejects.toMatchObject({ code: "gpio/no-sysfs" });
  });
});

test("gpiodetect's list is searched by label", () => {
  expect(headerChipIn("gpiochip0 [gpio-brcmstb@107d508500] (32 lines)\ngpiochip4 [pinctrl-rp1] (54 lines)\n")).toBe(
    "gpiochip4",
  );
  expect(() => headerChipIn("gpiochip0 [INT33FF:00] (98 lines)\n")).toThrow("INT33FF:00");
});
