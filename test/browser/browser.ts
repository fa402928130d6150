import { type Browser, chromium } from "playwright-core";

/**
 * Debian's Chromium, which speaks to nobody but the pages of a test.
 * @param home - Where it looks for the authorities that its user has installed.
 */
export function launchBrowser(extra: readonly string[] = [], home?: string): Promise<Browser> {
  return chromium.launch({
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
}
