import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { expect } from "vitest";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface AxeResults {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

/** No violation that axe-core knows of, by WCAG 2.2 A and AA and its best practices; light and dark. */
export async function expectAccessible(page: Page): Promise<void> {
  expect(await violations(page)).toEqual([]);
  const isDark = await page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches);
  await page.emulateMedia({ colorScheme: isDark ? "light" : "dark" });
  expect(await violations(page, ["color-contrast"]), isDark ? "light" : "dark").toEqual([]);
  await page.emulateMedia({ colorScheme: isDark ? "dark" : "light" });
}

/** @param rules - None: all. */
async function violations(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  // A colour that is on its way to another one has a contrast of its own; in a page behind another it never arrives by itself.
  await page.evaluate(() => {
    for (const each of document.getAnimations()) {
      if (each.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY) each.finish();
    }
  });
  const options = { resultTypes: ["violations"], ...(rules === undefined ? {} : { runOnly: rules }) };
  // By the debugger, since the page's own policy lets no script of ours in.
  const results = await page.evaluate<AxeResults>(`${axe}; axe.run(document, ${JSON.stringify(options)})`);
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}
