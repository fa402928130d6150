import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";

const run = promisify(execFile);
const SIZE = { width: 1280, height: 720 };
const SECONDS = 12;

const porch = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720">
  <defs>
    <linearGradient id="sky" x2="0" y2="1"><stop stop-color="#f3c99b"/><stop offset="1" stop-color="#f8e6cf"/></linearGradient>
    <linearGradient id="path" x2="0" y2="1"><stop stop-color="#b9aa97"/><stop offset="1" stop-color="#8f8271"/></linearGradient>
  </defs>
  <path fill="url(#sky)" d="M0 0h1280v430H0z"/>
  <circle cx="930" cy="215" r="70" fill="#fff3dc"/>
  <path fill="#8fa08a" d="M0 360q160-70 330-20t360-10 330 0 260-20v140H0z"/>
  <path fill="#6f8a68" d="M0 420h1280v300H0z"/>
  <path fill="url(#path)" d="M560 420h160l330 300H230z"/>
  <path stroke="#7c705f" stroke-width="3" fill="none" d="M520 470h255M470 520h350M415 580h460M350 650h585"/>
  <path fill="#d8cfc2" d="M70 250h210v180H70z"/><path fill="#7a4b3a" d="M50 250 175 160l125 90z"/>
  <path fill="#4a5a66" d="M105 300h50v60h-50zM195 300h50v60h-50z"/>
  <path fill="#c8bfb2" d="M1010 270h190v160h-190z"/><path fill="#5e6b73" d="M990 270l115-80 115 80z"/>
  <path fill="#39464f" d="M1045 315h45v50h-45zM1125 315h45v50h-45z"/>
  <path stroke="#f4efe6" stroke-width="9" d="M0 470h380M900 470h380M40 440v80M130 440v80M220 440v80M310 440v80M960 440v80M1050 440v80M1140 440v80M1230 440v80"/>
  <path fill="#4d6b4a" d="M340 470q-60-120 10-190 70 70 10 190zM905 470q-45-90 8-150 52 60 8 150z"/>
  <path fill="#2d2a27" d="M0 0h1280v54H0zM0 0h46v720H0zM1234 0h46v720h-46z" opacity=".85"/>
</svg>`;

const visitor = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 260 520">
  <ellipse cx="130" cy="506" rx="92" ry="12" fill="#000" opacity=".22"/>
  <path fill="#2c3a4d" d="M88 300h34l-4 200H84zM140 300h34l4 200h-34z"/>
  <path fill="#c8553d" d="M74 140q56-34 112 0l14 180H60z"/>
  <path fill="#a8432e" d="M60 170l-22 120 26 8 24-110zM200 170l22 120-26 8-24-110z"/>
  <path fill="#d9b48a" d="M70 226h120v92H70z"/><path fill="#bf955f" d="M122 226h16v92h-16z"/>
  <circle cx="130" cy="92" r="46" fill="#e3b594"/><path fill="#3b2a20" d="M84 88q0-58 46-58t46 58q-10-24-46-24t-46 24z"/>
</svg>`;

/** A film of somebody with a parcel who comes up to a door, drawn for pictures of the app. */
export async function drawPorch(browser: Browser, dir: string): Promise<string> {
  const draw = async (name: string, svg: string, width: number, height: number): Promise<string> => {
    const page = await browser.newPage({ viewport: { width, height } });
    await page.setContent(`<style>*{margin:0}svg{display:block;width:${width}px;height:${height}px}</style>${svg}`);
    const path = join(dir, name);
    await page.screenshot({ path, omitBackground: true });
    await page.close();
    return path;
  };
  const [ground, person] = [
    await draw("porch.png", porch, SIZE.width, SIZE.height),
    await draw("visitor.png", visitor, 260, 520),
  ];
  const film = join(dir, "porch.mp4");
  const place = "overlay=x='510+8*sin(t*2)':y='170+6*abs(sin(t*3))'";
  const inputs = ["-loop", "1", "-i", ground, "-loop", "1", "-i", person];
  const encoding = [
    "-r",
    "10",
    "-g",
    "10",
    "-pix_fmt",
    "yuv420p",
    "-c:v",
    "libx264",
    "-preset",
    "veryfast",
    "-t",
    String(SECONDS),
  ];
  await run("ffmpeg", ["-v", "error", "-y", ...inputs, "-filter_complex", place, ...encoding, film]);
  return film;
}
