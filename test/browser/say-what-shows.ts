import type { Page } from "playwright-core";
import { afterEach } from "vitest";
import { runningDaemons } from "../fakes/daemon.ts";
import { openBrowsers } from "./browser.ts";

/** A setup file: a browser test that fails says what its pages showed and its doorbells said, since nobody can look any more. */
const MOST_CHARACTERS = 240;
const LAST_WORDS = 5;
const LOOK_WITHIN_MS = 2000;

afterEach(async ({ task }) => {
  const error = task.result?.state === "fail" ? task.result.errors?.at(-1) : undefined;
  if (error === undefined) return;
  const pages = [...openBrowsers].flatMap((browser) => browser.contexts()).flatMap((context) => context.pages());
  const [first = "", ...others] = String(error.message).split("\n");
  const shown = await Promise.all(pages.map(saying));
  const said = [...runningDaemons].map((daemon) => `doorbell: ${daemon.lastWords(LAST_WORDS)}`);
  error.message = [first, ...shown, ...said].join(" | ") + others.map((line) => `\n${line}`).join("");
});

/** What is open over the rest is told instead of it. */
async function saying(page: Page): Promise<string> {
  const text = page.evaluate(
    // biome-ignore lint/performance/useDomNodeTextContent: what is hidden did not show
    () => `${location.hash} ${(document.querySelector<HTMLElement>("dialog[open]") ?? document.body).innerText}`,
  );
  const late = new Promise<string>((resolve) => setTimeout(resolve, LOOK_WITHIN_MS, "a page that does not answer"));
  const seen = await Promise.race([text, late]).catch((error: unknown) => `a page that is gone: ${String(error)}`);
  return seen.replaceAll(/\s+/g, " ").slice(0, MOST_CHARACTERS);
}
