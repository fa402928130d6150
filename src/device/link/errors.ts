import { CodedError } from "../../protocol/errors.ts";

/** Code → what happened and what to do. Codes of dropped input appear in the log only; nothing is answered. */
export const linkErrors = {
  "link/already-member": "A phone tried to pair with the key of a member: remove that member first, then pair it anew.",
  "link/broker-down":
    "The home broker cannot be reached: check its URL, the network and the broker. The bell works without it.",
  "link/broker-port":
    "The home broker could not open its port: another program uses it, or the address is not this machine's.",
  "link/busy": "A member sent more requests at once than the device answers; the surplus was dropped.",
  "link/counters-damaged":
    "link-counters.bin is damaged: remove the member it served and pair anew; a home's only owner resets the device with its button.",
  "link/denied-publish": "A broker client published where it may not; its connection was closed.",
  "link/denied-subscribe": "A broker client asked for a topic that is not its own; it hears nothing.",
  "link/handler-failed": "A request could not be carried out; the log line before this one says why.",
  "link/household-damaged":
    "household.json cannot be read: restore it from a backup, or reset the device with its button.",
  "link/household-exists":
    "The device already has an owner: further members join by an owner's invitation, or after a factory reset.",
  "link/household-full": "The household has as many members as it can: remove one first.",
  "link/last-owner": "A household keeps at least as many owners as its quorum: lower the quorum or add an owner first.",
  "link/login-refused": "A broker client had no valid credentials.",
  "link/malformed": "A message of a member could not be read after it was opened; update the app.",
  "link/not-an-owner": "A viewer asked for what only owners may do.",
  "link/not-admitted": "A paired phone that no owner has admitted yet sent a request.",
  "link/oversized": "A message was larger than the link carries; its connection was closed.",
  "link/pairing-closed":
    "A pairing message came while no pairing window was open: hold the indoor button or ask for an invitation.",
  "link/pairing-malformed": "A pairing message had the wrong form or order; scan the code again.",
  "link/no-recovery": "A phone claimed the household by recovery words, and none are registered.",
  "link/recovery-damaged":
    "recovery.json cannot be read: restore it from a backup, or move it away and set new recovery words.",
  "link/too-few-signatures": "Recovery words came with fewer owners' signatures than the quorum says.",
  "link/replayed": "A message with an old counter was dropped: it was replayed, or a broker delivered it twice.",
  "link/retained": "A retained message was dropped; nothing on the link is ever retained.",
  "link/share-not-under-way":
    "An owner asked for a share that may not leave: it still waits, was delivered already, or has ended.",
  "link/stale-change":
    "A household change was signed for another state of the household: read the household and sign again.",
  "link/too-many-connections": "The home broker holds as many connections as it can; one of them was closed.",
  "link/unknown-member": "A household change names a key that is neither a member nor waiting to be admitted.",
  "link/unknown-op": "A request asked for something this version does not know: update app or device.",
  "link/unopened": "A message on a member's topic did not open with that member's key and was dropped.",
  "link/wrong-mac": "A pairing message was made without the code on the device; three close the window.",
} as const;

export type LinkErrorCode = keyof typeof linkErrors;

export class LinkError extends CodedError<LinkErrorCode> {
  override readonly name = "LinkError";
}
