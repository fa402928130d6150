import type { BrowserContext, Page } from "playwright-core";

declare global {
  interface Window {
    keptBlobs?: Map<string, Blob>;
  }
}

/** Keeps what pages make URLs of, since their policy lets nobody fetch one. */
export async function keepBlobs(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const kept = new Map<string, Blob>();
    window.keptBlobs = kept;
    const make = URL.createObjectURL.bind(URL);
    URL.createObjectURL = (source) => {
      const url = make(source);
      if (source instanceof Blob) kept.set(url, source);
      return url;
    };
  });
}

/** SHA-256 of what a blob URL stands for, in hex. */
export function digestOfBlob(page: Page, url: string): Promise<string> {
  return page.evaluate(async (of) => {
    const bytes = (await window.keptBlobs?.get(of)?.arrayBuffer()) ?? new ArrayBuffer();
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }, url);
}
