/** Why a consent is refused, in the order in which the checks run. The wire never carries one of them; the device's log does. */
export const refusalReasons = {
  size: "The consent or one of its parts is longer than it may be, or too many consents are pending.",
  encoding: "The envelope or its payload is not canonical.",
  shape: "Members are missing, unknown or contradict each other.",
  version: "The consent is of another protocol version.",
  "wrong-device": "The consent is for another doorbell.",
  "unknown-signer": "Nobody of this household has the key that signed.",
  "revoked-signer": "The signer is no longer a member.",
  role: "The signer is a viewer; only owners consent.",
  signature: "The signature does not verify.",
  "household-state": "The household changed after the consent was signed: sign again.",
  challenge: "The challenge is not from this device, is older than a day, was used, or a reboot voided it: sign again.",
  expired: "The consent has expired.",
  clock: "The device's clock is not set, or the consent expires further ahead than it may.",
  recipient: "The recipient's card is not the one the consent names, or is not valid.",
  "clip-gone": "The clip is not in the vault or not closed yet.",
  manifest: "The consent names another manifest than the clip has.",
  range: "The fragments are not in the clip, or the lane cannot be shared.",
  "grant-digest": "The grant is not the one that was signed.",
  revoked: "An owner revoked this token.",
  replay: "This token id was used before.",
} as const;

export type RefusalReason = keyof typeof refusalReasons;
