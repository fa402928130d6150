import { mosquittoAcl, mosquittoConfig } from "../../mailbox/mosquitto.ts";
import type { Invocation, Outcome } from "../definition.ts";
import { tlsFiles } from "../tls-files.ts";

const PORTS = { min: 1, max: 65_535 };

export async function run({ options, terminal }: Invocation): Promise<Outcome> {
  const port = options.integer("port", PORTS) ?? PORTS.max;
  const files = tlsFiles(options);
  const tls = options.flag("plain") ? { tls: null } : files === null ? {} : { tls: files };
  const config = mosquittoConfig({
    host: options.needed("host"),
    port,
    directory: options.needed("directory"),
    ...tls,
  });
  const acl = mosquittoAcl();
  terminal.say((options.flag("acl") ? acl : config).trimEnd());
  return { json: { ok: true, config, acl } };
}
