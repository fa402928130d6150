// Draws the app's icons from src/app/public/icon.svg: `node scripts/draw-icons.mjs`. Needs Chromium.
import { readFileSync, writeFileSync } from "node:fs";
import { chromium } from "playwright-core";

const svg = readFileSync("src/app/public/icon.svg", "utf8");
/** A maskable icon is cut to any shape: all that matters lies within four fifths, and the ground reaches the edges. */
const maskable = svg
  .replace('rx="116"', 'rx="0"')
  .replace("<path", '<g transform="translate(51 51) scale(0.8)"><path')
  .replace("</svg>", "</g></svg>");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const draw = async (name, drawing, size) => {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>*{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${drawing}`);
  writeFileSync(`src/app/public/${name}`, await page.screenshot({ omitBackground: true }));
  await page.close();
};
await draw("icon-192.png", svg, 192);
await draw("icon-512.png", svg, 512);
await draw("icon-maskable-512.png", maskable, 512);
await browser.close();
