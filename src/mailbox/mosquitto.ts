import { pbkdf2Sync, randomBytes } from "node:crypto";

export interface MosquittoOptions {
  /** Default 8883. */
  readonly port?: number;
  /** Address to listen on; default all. */
  readonly host?: string;
  /** Where the two files below will lie; default /etc/mosquitto. */
  readonly directory?: string;
  /** Default: certificate files below `directory`; null: no TLS. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string } | null;
}

const ACL_FILE = "doorward-mailbox.acl";
const PASSWORD_FILE = "doorward-mailbox.passwords";

/** Lines of the ACL file: the rules of the mailbox as far as Mosquitto can express them. */
export function mosquittoAcl(): string {
  return [
    "# Doorbells come without a name: they write to any inbox and read receipts of deliveries whose random id they know.",
    "topic write in/+/+",
    "topic read rc/+",
    "# Mosquitto cannot ask for the whole topic: whoever subscribes to rc/# hears every receipt, which names a delivery, the",
    "# digest and size of its share, and a key of its recipient. `doorward mailbox serve` refuses that.",
    "# A recipient (username = inbox id) reads its own inbox and writes receipts.",
    "pattern read in/%u/+",
    "pattern write rc/+",
    "",
  ].join("\n");
}

/** A Mosquitto 2 configuration with the rules of the mailbox. The ACL stands in it as comments to be copied out. */
export function mosquittoConfig(options: MosquittoOptions = {}): string {
  const { port = 8883, host = "", directory = "/etc/mosquitto" } = options;
  const tls =
    options.tls === undefined
      ? { certFile: `${directory}/certs/mailbox.pem`, keyFile: `${directory}/certs/mailbox.key` }
      : options.tls;
  const aclLines = mosquittoAcl()
    .trimEnd()
    .split("\n")
    .map((line) => `#   ${line}`);
  return [
    "# Delivery broker for Doorward, on Mosquitto 2.",
    `# 1. Put these lines into ${directory}/${ACL_FILE}:`,
    ...aclLines,
    `# 2. Give each recipient a line in ${directory}/${PASSWORD_FILE}, with the login that its app shows:`,
    `#   mosquitto_passwd -b ${directory}/${PASSWORD_FILE} INBOX PASSWORD`,
    "# 3. Restart Mosquitto. It logs no addresses and keeps nothing but what waits for a recipient.",
    "per_listener_settings false",
    "allow_anonymous true",
    `acl_file ${directory}/${ACL_FILE}`,
    `password_file ${directory}/${PASSWORD_FILE}`,
    "retain_available false",
    "sys_interval 0",
    "connection_messages false",
    "log_type error",
    "log_type warning",
    "# one sealed chunk of a share, and the packet around it",
    "max_packet_size 262656",
    "# what waits for a recipient that is away; a doorbell offers again, so nothing is lost when it is full",
    "max_queued_messages 64",
    "max_queued_bytes 16777216",
    "persistent_client_expiration 30d",
    "persistence false",
    `listener ${port}${host === "" ? "" : ` ${host}`}`,
    "max_connections 2000",
    ...(tls === null ? [] : [`certfile ${tls.certFile}`, `keyfile ${tls.keyFile}`]),
    "",
  ].join("\n");
}

const PASSWORD_ROUNDS = 101;

/** A line for the password file, as `mosquitto_passwd` of Mosquitto 2 writes it: salted PBKDF2 with SHA-512. */
export function mosquittoPasswordLine(username: string, password: string): string {
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, PASSWORD_ROUNDS, 64, "sha512");
  return `${username}:$7$${PASSWORD_ROUNDS}$${salt.toString("base64")}$${hash.toString("base64")}`;
}
