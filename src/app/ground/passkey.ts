import { equalBytes, toBase64url } from "../../protocol/bytes.ts";
import { AppError } from "../model/errors.ts";
import type { Ground } from "./ground.ts";
import { plainView } from "./sealed-box.ts";

const RECORD = "passkey";
const CHALLENGE_BYTES = 32;
/** COSE: ES256, then RS256. */
const ALGORITHMS = [-7, -257];
const USER_VERIFIED = 0x04;
/** Of authenticator data, WebAuthn 6.1: the hash of the site, then one byte of flags. */
const FLAGS_AT = 32;

type PasskeyGround = Pick<Ground, "database" | "box">;

export const canHavePasskey = (): boolean => "credentials" in navigator && "PublicKeyCredential" in globalThis;

export async function hasPasskey({ database }: PasskeyGround): Promise<boolean> {
  return (await database.get("records", RECORD)) !== undefined;
}

/** @throws DOMException `NotAllowedError` when the person or the device declines. @throws AppError `app/passkey-address`. */
export async function addPasskey({ database, box }: PasskeyGround, words: { readonly user: string }): Promise<void> {
  const asked = navigator.credentials.create({
    publicKey: {
      challenge: crypto.getRandomValues(new Uint8Array(CHALLENGE_BYTES)),
      rp: { name: "Doorward" },
      user: { id: crypto.getRandomValues(new Uint8Array(16)), name: words.user, displayName: words.user },
      pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg })),
      authenticatorSelection: { userVerification: "required" },
      attestation: "none",
    },
  });
  const credential = await asked.catch((cause: unknown) => {
    const isByAddress = cause instanceof DOMException && cause.name === "SecurityError";
    throw isByAddress ? new AppError("app/passkey-address", "no passkey without a name", { cause }) : cause;
  });
  if (!(credential instanceof PublicKeyCredential)) throw new AppError("app/not-present", "no passkey was made");
  await database.put("records", await box.seal(RECORD, new Uint8Array(credential.rawId)), RECORD);
}

export function dropPasskey({ database }: PasskeyGround): Promise<void> {
  return database.delete("records", RECORD);
}

/**
 * Where a passkey was set up, settles only after it was used now, by a finger, a face or a code. It guards this phone
 * against who picks it up unlocked; the doorbell knows nothing of it.
 * @throws AppError `app/not-present`.
 */
export async function confirmPresence({ database, box }: PasskeyGround): Promise<void> {
  const sealed = await database.get("records", RECORD);
  if (sealed === undefined) return;
  const challenge = crypto.getRandomValues(new Uint8Array(CHALLENGE_BYTES));
  const id = plainView(await box.open(RECORD, sealed));
  const assertion = await navigator.credentials
    .get({ publicKey: { challenge, allowCredentials: [{ type: "public-key", id }], userVerification: "required" } })
    .catch((cause: unknown) => {
      throw new AppError("app/not-present", "the passkey was not used", { cause });
    });
  if (!isConfirmed(assertion, challenge))
    throw new AppError("app/not-present", "the passkey's answer is for another question");
}

function isConfirmed(assertion: Credential | null, challenge: Uint8Array): boolean {
  if (!(assertion instanceof PublicKeyCredential)) return false;
  const { response } = assertion;
  if (!(response instanceof AuthenticatorAssertionResponse)) return false;
  const said = JSON.parse(new TextDecoder().decode(response.clientDataJSON)) as { readonly challenge?: unknown };
  const flags = new Uint8Array(response.authenticatorData)[FLAGS_AT] ?? 0;
  const encoder = new TextEncoder();
  const isOurs = equalBytes(encoder.encode(String(said.challenge)), encoder.encode(toBase64url(challenge)));
  return isOurs && (flags & USER_VERIFIED) !== 0;
}
