import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { program } from "../fakes/daemon.ts";
import { freePort } from "../fakes/free-port.ts";
import { launchBrowser } from "./browser.ts";

let dir: string;
let port: number;
let browser: Browser;
let demo: ChildProcess;
const lines: string[] = [];

/** The first line that begins like this. */
async function line(start: string): Promise<string> {
  for (;;) {
    const found = lines.find((each) => each.startsWith(start));
    if (found !== undefined) return found;
    if (demo.exitCode !== null) throw new Error(lines.join("\n"));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const opened = async (link: string): Promise<Page> => {
  const page = await (await browser.newContext({ viewport: { width: 360, height: 740 } })).newPage();
  await page.goto(link);
  await page.getByRole("button", { name: "Pair", exact: true }).click();
  return page;
};

beforeAll(async () => {
  // Where a program that was installed has its app.
  await cp(join(import.meta.dirname, "../../dist/app"), join(program, "../../app"), { recursive: true });
  [dir, port, browser] = await Promise.all([mkdtemp(join(tmpdir(), "doorward-demo-")), freePort(), launchBrowser()]);
  const words = ["demo", "--port", String(port), "--data", join(dir, "data")];
  demo = spawn(process.execPath, [program, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [demo.stdout, demo.stderr]) {
    if (stream !== null) createInterface(stream).on("line", (text) => lines.push(text));
  }
});

afterAll(async () => {
  await browser?.close();
  if (demo?.exitCode === null) {
    demo.kill("SIGINT");
    await once(demo, "exit");
  }
  await rm(dir, { recursive: true, force: true });
});

describe("the demo", () => {
  let link = "";

  test("lets a browser in, as an owner, by a line of its own before its story begins", async () => {
    link = (await line("Pair: ")).slice("Pair: ".length);
    expect(new URL(link).origin).toBe(`http://localhost:${port}`);
    const page = await opened(link);
    await page.getByText("Camera on").waitFor();
    await page.goto(`http://localhost:${port}/#/household`);
    await page.getByRole("button", { name: "Invite somebody" }).waitFor();
    expect(await page.locator(".tag", { hasText: "Owner" }).count()).toBe(2);
  });

  test("lets nobody in by that line once it was used", async () => {
    const page = await opened(link);
    await page.getByRole("alert").getByText("No doorbell answers to this code").waitFor();
  });
});
