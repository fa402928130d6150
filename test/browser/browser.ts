import { type Browser, chromium } from "playwright-core";

/** Those that have not been closed, for whoever tells what they show. */
export const openBrowsers = new Set<Browser>();

/**
 * Debian's Chromium, which speaks to nobody but the pages of a test.
 * @param home - Where it looks for the authorities that its user has installed.
 */
export async function launchBrowser(extra: readonly string[] = [], home?: string): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    ...(home === undefined ? {} : { env: { ...process.env, HOME: home } }),
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--autoplay-policy=no-user-gesture-required",
      ...extra,
    ],
  });
  openBrowsers.add(browser);
  browser.on("disconnected", () => openBrowsers.delete(browser));
  return browser;
}
