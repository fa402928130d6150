import { CodedError } from "../../protocol/errors.ts";

/** What the app itself finds wrong, in the sentence that a person reads. */
export const appErrors = {
  "app/consent-refused":
    "The doorbell did not accept the signature, and nothing was shared. The clock of this phone or of the doorbell may be wrong, or the household has changed meanwhile: check the time, then sign again.",
  "app/consent-unknown":
    "The connection was lost before the doorbell answered, so it is not known whether it took the signature. Shares shows it as soon as the doorbell is reached.",
  "app/doorbell-clock":
    "The doorbell does not know the time, and until it does it accepts no signature, since it could not tell when a share ends. Nothing was signed. It gets the time from the network by itself: try again in a few minutes.",
  "app/live-busy":
    "Others of your household are watching already, as many as the doorbell can serve. Try again in a moment.",
  "app/live-camera-lost":
    "The camera gives no picture now. The doorbell keeps trying; if it stays so, look at its cable.",
  "app/live-no-engine":
    "This browser cannot show what the doorbell sends. Use another browser, or update the doorbell.",
  "app/live-off": "Live view is switched off at the doorbell (`[live] on` in its configuration).",
  "app/live-privacy": "The doorbell is in privacy mode: camera and microphone are off. End it first.",
  "app/no-microphone":
    "The microphone cannot be used. Allow it for this page in the browser, then hold the button again.",
  "app/no-pairing-window":
    "No doorbell answers to this code. A code is good for three minutes and for one phone: start the pairing anew and scan the new one.",
  "app/not-a-backup": "This is no backup of this app, or the passphrase is another one.",
  "app/not-recovery-words":
    "These are not twelve recovery words. Look at their order and their spelling: the last one checks the others.",
  "app/not-present":
    "The passkey was not confirmed, so nothing was done. Try again. If it was deleted, the only way on is to forget this doorbell under Settings, which deletes the keys on this phone, and to pair anew: save a backup of them first.",
  "app/other-page": "The app is open in another tab or window, which has the connection. Go on there, or use it here.",
  "app/passkey-address":
    "A passkey belongs to a name, and this page was opened by an address made of numbers. Open the app by the doorbell's name.",
  "app/push-away":
    "The browser's push service cannot be reached or is switched off. Try again later, or use the other way below.",
  "app/push-blocked":
    "The browser shows no notifications of this page. Allow them in its settings for this page, then try again.",
  "app/push-refused":
    "The doorbell did not take this address. It has to be a public one that begins with https://, unless the doorbell's configuration allows servers in your own network (`[push] private_servers`).",
  "app/recovery-refused": "The doorbell did not take these words: they are no longer set, or they are another home's.",
} as const;

export type AppErrorCode = keyof typeof appErrors;

export class AppError extends CodedError<AppErrorCode> {
  override readonly name = "AppError";
}
