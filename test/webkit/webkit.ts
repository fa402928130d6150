import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { until } from "../browser/until.ts";
import { freePort } from "../fakes/free-port.ts";

/** The key by which the WebDriver protocol marks an element. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const SCRIPT_MS = 30_000;

/** What a person finds on a page: by role and the words on it. */
const PATHS = {
  button: (name: string) =>
    `//button[normalize-space(.)=${quoted(name)} or @aria-label=${quoted(name)}][not(@disabled)]`,
  link: (name: string) => `//a[starts-with(normalize-space(.), ${quoted(name)})]`,
  heading: (name: string) => `//*[self::h1 or self::h2][contains(normalize-space(.), ${quoted(name)})]`,
  text: (name: string) => `//*[text()[contains(normalize-space(.), ${quoted(name)})]]`,
} as const;

const quoted = (text: string): string => `"${text}"`;

/** Debian's WebKitGTK, by the W3C WebDriver protocol, on a screen that nobody sees. */
export class WebKit {
  readonly #processes: readonly ChildProcess[];
  readonly #home: string;
  readonly #session: string;

  private constructor(processes: readonly ChildProcess[], home: string, session: string) {
    this.#processes = processes;
    this.#home = home;
    this.#session = session;
  }

  static async launch(): Promise<WebKit> {
    const home = await mkdtemp(join(tmpdir(), "doorward-webkit-"));
    const screen = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    const [display] = (await once(createInterface(screen.stdio[3] as Readable), "line")) as [string];
    const port = await freePort();
    const driver = spawn("WebKitWebDriver", ["--host=127.0.0.1", `--port=${port}`], {
      env: { ...process.env, HOME: home, DISPLAY: `:${display}`, WEBKIT_DISABLE_COMPOSITING_MODE: "1" },
      stdio: "ignore",
    });
    const processes = [driver, screen];
    try {
      return new WebKit(processes, home, await newSession(`http://127.0.0.1:${port}`));
    } catch (error) {
      await endAll(processes, home);
      throw error;
    }
  }

  async open(url: string): Promise<void> {
    await command("POST", `${this.#session}/url`, { url });
  }

  /** Runs a function in the page; it sees nothing but its arguments and the page. */
  async run<T, A extends readonly unknown[]>(work: (...given: A) => T | Promise<T>, ...given: A): Promise<T> {
    const script = `
      const given = [...arguments], done = given.pop();
      (async () => (${work.toString()})(...given))().then((value) => done([value]), (error) => done(String(error)));`;
    const told = await command<[T] | string>("POST", `${this.#session}/execute/async`, { script, args: given });
    if (typeof told === "string") throw new Error(told);
    return told[0];
  }

  /** Settles when it is on the page and can be seen. */
  async sees(role: keyof typeof PATHS, name: string): Promise<void> {
    await this.#find(role, name);
  }

  async click(role: "button" | "link", name: string): Promise<void> {
    const element = await this.#find(role, name);
    await this.run((found: unknown) => (found as Element).scrollIntoView({ block: "center" }), { [ELEMENT]: element });
    await command("POST", `${this.#session}/element/${element}/click`, {});
  }

  async close(): Promise<void> {
    await command("DELETE", this.#session).catch(() => undefined);
    await endAll(this.#processes, this.#home);
  }

  async #find(role: keyof typeof PATHS, name: string): Promise<string> {
    let found = "";
    const value = PATHS[role](name);
    await until(async () => {
      const elements = await command<readonly Readonly<Record<string, string>>[]>("POST", `${this.#session}/elements`, {
        using: "xpath",
        value,
      });
      for (const each of elements) {
        const element = each[ELEMENT] ?? "";
        const path = `${this.#session}/element/${element}/displayed`;
        if (await command<boolean>("GET", path).catch(() => false)) found = element;
      }
      return found !== "";
    }).catch((cause: unknown) => {
      throw new Error(`no ${role} "${name}" on the page`, { cause });
    });
    return found;
  }
}

/** Opens a window. */
async function newSession(url: string): Promise<string> {
  const isUp = (): Promise<boolean> => command("GET", `${url}/status`).then(() => true);
  await until(() => isUp().catch(() => false));
  const options = { binary: miniBrowser(), args: ["--automation"] };
  const wanted = { capabilities: { alwaysMatch: { "webkitgtk:browserOptions": options } } };
  const { sessionId } = await command<{ sessionId: string }>("POST", `${url}/session`, wanted);
  const session = `${url}/session/${sessionId}`;
  await command("POST", `${session}/timeouts`, { script: SCRIPT_MS });
  await command("POST", `${session}/window/rect`, { width: 420, height: 900 });
  return session;
}

/** In a folder that is named after the machine and the version. */
function miniBrowser(): string {
  const libraries = "/usr/lib";
  const folders = readdirSync(libraries).filter((name) => name.endsWith("-linux-gnu"));
  const found = folders.flatMap((folder) =>
    readdirSync(join(libraries, folder))
      .filter((name) => name.startsWith("webkit"))
      .map((name) => join(libraries, folder, name, "MiniBrowser")),
  );
  const [path] = found.filter((file) => existsSync(file));
  if (path === undefined) throw new Error("MiniBrowser is not there: scripts/prepare webkit");
  return path;
}

async function endAll(processes: readonly ChildProcess[], home: string): Promise<void> {
  for (const child of processes) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGTERM");
    await once(child, "exit");
  }
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}

/** @throws Error with what the driver says. */
async function command<T>(method: string, url: string, body?: object): Promise<T> {
  const reply = await fetch(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const { value } = (await reply.json()) as {
    readonly value: T & { readonly error?: string; readonly message?: string };
  };
  if (!reply.ok) throw new Error(`${method} ${new URL(url).pathname}: ${value.error} ${value.message}`);
  return value;
}
