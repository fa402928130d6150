import { describe, expect, test } from "vitest";
import { probeGroups, runGroup } from "../../../log-probes/all-probes.ts";
import { entriesOf, type ProbeGroup } from "../../../log-probes/probe.ts";

describe("what is false of a log is refused", () => {
  test.each(probeGroups.map((make) => [make.name.replace(/Probes$/, ""), make] as const))("%s", async (_, make) => {
    const { wrong, probes, rejected, controls, controlsAccepted } = await runGroup(await make());
    expect(wrong).toEqual([]);
    expect([rejected, controlsAccepted]).toEqual([probes, controls]);
    expect(Math.min(probes, controls)).toBeGreaterThan(0);
  });

  test("and the count would show a reader that takes it, one that crashes, and one that refuses what is true (control)", async () => {
    const careless: ProbeGroup = {
      name: "careless",
      controls: [{ name: "true", attempt: () => null }],
      probes: [
        { name: "false", attempt: () => entriesOf(0, 1) },
        {
          name: "odd",
          attempt: () => {
            throw new TypeError("x is undefined");
          },
        },
      ],
    };
    expect(await runGroup(careless)).toMatchObject({ probes: 2, rejected: 0, controls: 1, controlsAccepted: 0 });
    expect((await runGroup(careless)).wrong).toHaveLength(3);
  });
});
