import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningMailbox, startMailbox } from "../../src/mailbox/mailbox.ts";
import { Door } from "../browser/door.ts";
import { buildPages } from "../browser/pages.ts";
import { until } from "../browser/until.ts";
import { bundleProgram } from "../fakes/daemon.ts";
import { doorward } from "../fakes/doorward-command.ts";
import { WebKit } from "./webkit.ts";

/** GStreamer looks through all its plugins before the first film of a new home. */
const FIRST_FILM_MS = 100_000;

let door: Door;
let mailbox: RunningMailbox;
let page: WebKit;

beforeAll(async () => {
  await Promise.all([bundleProgram(), buildPages()]);
  [door, mailbox, page] = await Promise.all([
    Door.start({ undoWindow: "1s" }),
    startMailbox({ host: "127.0.0.1", port: 0 }),
    WebKit.launch(),
  ]);
});

afterAll(async () => {
  await page?.close();
  await door?.stop();
  await mailbox?.stop();
});

const recipient = async (...words: string[]): Promise<Record<string, unknown>> => {
  const { exit, out, err } = await doorward(["recipient", ...words, "--home", join(door.dir, "recipient"), "--json"]);
  expect(exit, err).toBe(0);
  return JSON.parse(out) as Record<string, unknown>;
};

describe("the owner's app in WebKitGTK", () => {
  test("pairs, with a signing key that the engine gives out to nobody", async () => {
    await page.open(`${door.url}#${await door.pairingCode()}`);
    await page.click("button", "Pair");
    await page.sees("text", "Camera on");
    const made = await page.run(() =>
      crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]).then(() => "Ed25519"),
    );
    expect(made).toBe("Ed25519");
  });

  test("rings with a picture of who stands there", async () => {
    await door.ring();
    await page.sees("heading", "Somebody is at the door");
    const width = (): Promise<number> =>
      page.run(() => document.querySelector<HTMLImageElement>(".ring-picture img")?.naturalWidth ?? 0);
    await until(async () => (await width()) === 320);
    await page.click("button", "Not now");
    await door.daemon.says("clip sealed");
  });

  test("draws a still of the recording", async () => {
    await page.click("link", "Timeline");
    const colours = (): Promise<number> =>
      page.run(() => {
        const image = document.querySelector<HTMLImageElement>(".still img");
        const canvas = document.createElement("canvas");
        const context = canvas.getContext("2d");
        if (image?.complete !== true || context === null) return 0;
        context.drawImage(image, 0, 0);
        const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
        return new Set(Array.from({ length: data.length / 4 }, (_, i) => data.slice(4 * i, 4 * i + 3).join())).size;
      });
    await until(async () => (await colours()) > 50); // the test pattern, and not one black or grey
  });

  const playedSeconds = (): Promise<number> => page.run(() => document.querySelector("video")?.currentTime ?? 0);

  test("plays the recording, fed as the engine asks for it", async () => {
    await page.click("link", "Timeline");
    await page.click("link", "Ring");
    await until(async () => (await playedSeconds()) > 1, FIRST_FILM_MS);
    const seen = await page.run(() => {
      const element = document.querySelector("video");
      return ["ManagedMediaSource" in globalThis, element?.videoWidth, element?.error?.message];
    });
    expect(seen).toEqual([true, 320, null]);
  });

  test("says so where it has no live view", async () => {
    expect(await page.run(() => "RTCPeerConnection" in globalThis)).toBe(false);
    await page.click("link", "Home");
    await page.click("button", "Watch live");
    await page.sees("text", "This browser cannot show what the doorbell sends");
    await page.click("button", "Close");
  });

  test("signs a share that arrives and opens", async () => {
    await recipient("init", "--name", "The neighbour", "--mailbox", mailbox.url);
    await recipient("card", "--out", join(door.dir, "neighbour.card"));
    const card = await readFile(join(door.dir, "neighbour.card"), "utf8");
    await page.click("link", "Timeline");
    await page.click("link", "Ring");
    await page.click("button", "Share");
    await page.click("button", "Paste text");
    await page.run((text) => {
      const field = document.querySelector<HTMLTextAreaElement>("#card");
      if (field === null) throw new Error("no field");
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }, card);
    await page.click("button", "Go on");
    await page.sees("text", "Goes to the inbox at");
    await page.click("button", "Go on");
    await page.sees("heading", "Which part");
    await page.click("button", "Go on");
    await page.sees("heading", "This is what leaves your home");
    const receiving = recipient("receive", "--once", "--timeout", "60");
    await page.click("button", "Sign and share");
    const { file } = await receiving;
    expect(await recipient("verify", String(file))).toMatchObject({ ok: true });
    await page.sees("text", "Delivered");
  });

  test("starts from its service worker while the doorbell is off", async () => {
    await until(() =>
      page.run(async () => (await navigator.serviceWorker.getRegistration())?.active?.state === "activated"),
    );
    await door.shutDown();
    await page.open(door.url);
    await page.sees("text", "Doorbell not reached");
    await page.click("link", "Timeline");
    await page.sees("link", "Ring");
    await door.comeBack();
  });

  test("plays on behind a damaged part, and shows where it is", async () => {
    await door.damageClip();
    await page.open(door.url);
    await page.sees("text", "Camera on");
    await page.click("link", "Timeline");
    await page.click("link", "Ring");
    await page.sees("text", "A part of this recording is damaged");
    expect(await page.run(() => document.querySelectorAll(".film-gap").length)).toBe(1);
    await until(async () => (await playedSeconds()) > 4);
  });
});
