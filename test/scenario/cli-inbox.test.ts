import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { receiveInto } from "../../src/cli/inbox-session.ts";
import { Options } from "../../src/cli/options.ts";
import { RecipientHome } from "../../src/cli/recipient-home.ts";
import { nodeCrypto } from "../../src/device/platform/node-crypto.ts";
import { type RunningMailbox, startMailbox } from "../../src/mailbox/mailbox.ts";
import { createCard } from "../../src/recipient/card.ts";

let dir: string;
let mailbox: RunningMailbox;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "doorward-inbox-"));
  mailbox = await startMailbox({ host: "127.0.0.1", port: 0 });
});
afterEach(async () => {
  await mailbox.stop();
  await rm(dir, { recursive: true });
});

async function recipientHome(): Promise<RecipientHome> {
  const home = new RecipientHome({ options: new Options({ home: dir }), environment: {} });
  const { card, secrets } = await createCard(nodeCrypto, { name: "Anna", url: mailbox.url, ca: null });
  await home.create(secrets, card);
  return home;
}

test("a recipient that watches is back in its inbox after the broker was away", async () => {
  const home = await recipientHome();
  const stop = new AbortController();
  let ready = 0;
  let restarting: Promise<void> = Promise.resolve();
  const restart = async (): Promise<void> => {
    const { port } = mailbox;
    await mailbox.stop();
    mailbox = await startMailbox({ host: "127.0.0.1", port });
  };
  const events = {
    onReady: () => {
      ready += 1;
      if (ready === 1) restarting = restart();
      else stop.abort();
    },
  };
  await receiveInto(home, events, stop.signal);
  await restarting;
  expect(ready).toBe(2);
});

test("a broker that was never there is told at once, not waited for", async () => {
  const home = await recipientHome();
  await mailbox.stop();
  const waiting = receiveInto(home, {}, new AbortController().signal);
  await expect(waiting).rejects.toMatchObject({ code: "cli/no-answer" });
});
