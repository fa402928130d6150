import { readFile } from "node:fs/promises";
import { serveDisclosure } from "../../mailbox/disclosure.ts";
import { startMailbox } from "../../mailbox/mailbox.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { serveUntilStopped } from "../serve-until-stopped.ts";
import { tlsFiles } from "../tls-files.ts";

const PORTS = { min: 0, max: 65_535 };

export async function run({ options, terminal, signal }: Invocation): Promise<Outcome> {
  const host = options.needed("host");
  const port = options.integer("port", PORTS) ?? 0;
  const files = tlsFiles(options);
  const tls =
    files === null
      ? {}
      : { tls: { cert: await readFile(files.certFile, "utf8"), key: await readFile(files.keyFile, "utf8") } };
  const forBrowsers = options.integer("websocketPort", PORTS);
  const mailbox = await startMailbox({
    host,
    port,
    ...tls,
    ...(forBrowsers === undefined ? {} : { webSocketPort: forBrowsers }),
    onDropped: (code) => terminal.note(`refused: ${code}`),
  });
  const control = options.text("control");
  const stopDisclosing = control === undefined ? null : await serveDisclosure(control, () => mailbox.records());
  const { webSocketUrl } = mailbox;
  terminal.answer({ ok: true, url: mailbox.url, ...(webSocketUrl === null ? {} : { webSocketUrl }) });
  terminal.say(`Mailbox at ${mailbox.url}`);
  if (webSocketUrl !== null) terminal.say(`For recipients with the web page: ${webSocketUrl}`);
  terminal.say(`Recipients make their card with \`doorward recipient init --mailbox ${mailbox.url}\`. Ctrl-C ends.`);
  if (files === null) {
    terminal.note("Without TLS who listens on the way sees inbox ids and sizes, though never a share: see --tls-cert.");
  }
  await serveUntilStopped(signal);
  await stopDisclosing?.();
  await mailbox.stop();
  return { json: undefined };
}
