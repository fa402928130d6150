import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { expect, test } from "vitest";
import { nodeCrypto as crypto } from "../../../src/device/platform/node-crypto.ts";
import { serveDisclosure } from "../../../src/mailbox/disclosure.ts";
import { startMailbox } from "../../../src/mailbox/mailbox.ts";
import { createCard, inboxLogin } from "../../../src/recipient/card.ts";
import { doorward } from "../../fakes/doorward-command.ts";

test("a mailbox has nothing about a home that shared nothing; about a share that waits it has inbox, size and sender", async () => {
  const dir = await mkdtemp(join(tmpdir(), "doorward-mailbox-"));
  const control = join(dir, "control.sock");
  const mailbox = await startMailbox({ host: "127.0.0.1", port: 0 });
  const stop = await serveDisclosure(control, () => mailbox.records());
  const disclosed = async (...of: string[]): Promise<{ where: string; what: string }[]> => {
    const asked = of.length === 0 ? [] : ["--of", ...of];
    const { out, exit } = await doorward(["mailbox", "disclose", "--control", control, ...asked, "--json"]);
    expect(exit).toBe(0);
    return (JSON.parse(out) as { found: { where: string; what: string }[] }).found;
  };
  try {
    expect(await disclosed()).toEqual([]);

    const { secrets } = await createCard(crypto, { name: "Anna", url: mailbox.url, ca: null });
    const { username, password } = inboxLogin(crypto, secrets);
    const reader = await connectAsync(mailbox.url, { username, password, clean: false, clientId: "r" });
    await reader.subscribeAsync(`in/${username}/+`, { qos: 1 });
    await reader.endAsync();
    const sharing = await connectAsync(mailbox.url);
    const delivery = "0b".repeat(16);
    await sharing.publishAsync(`in/${username}/${delivery}`, Buffer.alloc(500), { qos: 1 });

    expect(await disclosed("203.0.113.9", "f00d".repeat(8))).toEqual([]); // a home that shared nothing
    const open = await disclosed("127.0.0.1"); // control: the home that shares, while it is connected
    expect(open.map(({ where }) => where)).toEqual(expect.arrayContaining(["memory: connection", "memory: message"]));
    const waiting = await disclosed(delivery);
    expect(waiting).toHaveLength(1);
    expect(waiting[0]?.what).toContain('"bytes":500');
    await sharing.endAsync();
    const again = await connectAsync(mailbox.url, { username, password, clean: true, clientId: "r" });
    await again.endAsync();
    await expect.poll(() => disclosed()).toEqual([]);
  } finally {
    await stop();
    await mailbox.stop();
    await rm(dir, { recursive: true, force: true });
  }
});
