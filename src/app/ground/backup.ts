import { OwnerError } from "../../owner/errors.ts";
import type { DayChainState, OwnerState } from "../../owner/owner-state.ts";
import { newOwnerState } from "../../owner/owner-state.ts";
import { fromBase64url, toBase64url, utf8 } from "../../protocol/bytes.ts";
import { ProtocolError } from "../../protocol/errors.ts";
import { isJsonObject } from "../../protocol/shape.ts";
import { AppError } from "../model/errors.ts";
import type { Ground } from "./ground.ts";
import { plainView } from "./sealed-box.ts";

const VERSION = "owner-backup-1";
const SALT_BYTES = 16;
const IV_BYTES = 12;
/** OWASP's figure for PBKDF2 with SHA-256, 2023. */
const ITERATIONS = 600_000;

/** What opens recordings. The signing key is not in it: nobody can read it, and a new phone has its own. */
interface Content {
  readonly days: DayChainState;
  readonly pinnedSeeds: OwnerState["pinnedSeeds"];
}

/** A file that opens the recordings of this phone under a passphrase. */
export async function makeBackup({ store }: Pick<Ground, "store">, passphrase: string): Promise<Uint8Array> {
  const { days, pinnedSeeds } = await store.read();
  const content: Content = { days: { ...days, uploadedThrough: null }, pinnedSeeds };
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const key = await keyOf(passphrase, salt, "encrypt");
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, plainView(utf8(JSON.stringify(content))));
  const file = {
    doorward: VERSION,
    salt: toBase64url(salt),
    iv: toBase64url(iv),
    sealed: toBase64url(new Uint8Array(sealed)),
  };
  return utf8(JSON.stringify(file));
}

/**
 * Puts a backup's keys into an app that is not paired yet; after pairing, it opens what the old phone opened.
 * @throws AppError `app/not-a-backup`.
 */
export async function restoreBackup(
  ground: Pick<Ground, "store" | "crypto">,
  file: string,
  passphrase: string,
): Promise<void> {
  const { days, pinnedSeeds } = await openBackup(file, passphrase);
  const { store } = ground;
  const fresh = newOwnerState(ground.crypto, days.firstDay);
  await store.create(ground.crypto, days.firstDay);
  await store.update((state) => {
    if (state.device !== null) throw new OwnerError("owner/storage-busy", "this app is paired already");
    return { ...fresh, revision: state.revision, days, pinnedSeeds };
  });
}

async function openBackup(text: string, passphrase: string): Promise<Content> {
  try {
    const file = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (file.doorward !== VERSION) throw new AppError("app/not-a-backup", "another file");
    const bytes = (name: string): Uint8Array<ArrayBuffer> => plainView(fromBase64url(String(file[name])));
    const key = await keyOf(passphrase, bytes("salt"), "decrypt");
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes("iv") }, key, bytes("sealed"));
    const content = JSON.parse(new TextDecoder().decode(plain)) as Content;
    if (!isJsonObject(content.days as never)) throw new AppError("app/not-a-backup", "keys of another form");
    return content;
  } catch (cause) {
    const isForeign = cause instanceof SyntaxError || cause instanceof ProtocolError || cause instanceof DOMException;
    throw isForeign ? new AppError("app/not-a-backup", "not a backup", { cause }) : cause;
  }
}

async function keyOf(
  passphrase: string,
  salt: Uint8Array<ArrayBuffer>,
  use: "encrypt" | "decrypt",
): Promise<CryptoKey> {
  const text = plainView(utf8(passphrase.normalize("NFC")));
  const base = await crypto.subtle.importKey("raw", text, "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ITERATIONS };
  return crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, [use]);
}
