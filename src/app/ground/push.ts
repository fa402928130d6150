import type { Doorbell } from "../../owner/doorbell.ts";
import { toBase64url } from "../../protocol/bytes.ts";
import type { Ground } from "./ground.ts";
import { plainView } from "./sealed-box.ts";

/** How this phone is woken while the app is closed. */
export type PushWay =
  | { readonly kind: "none" }
  | { readonly kind: "web-push"; readonly daily: boolean }
  | { readonly kind: "plain"; readonly endpoint: string; readonly daily: boolean };

const RECORD = "push";

type PushGround = Pick<Ground, "database" | "box">;

export const canWebPush = (): boolean => "serviceWorker" in navigator && "PushManager" in globalThis;

export async function pushWay({ database, box }: PushGround): Promise<PushWay> {
  const sealed = await database.get("records", RECORD);
  return sealed === undefined
    ? { kind: "none" }
    : box.openJson<PushWay>(RECORD, sealed).catch(() => ({ kind: "none" }));
}

/**
 * Tells the doorbell where to knock; whatever it was told before is void. Its knock says nothing.
 * @throws DOMException `NotAllowedError`, `AbortError` (the browser's push service is out of reach). @throws OwnerError.
 */
export async function setPushWay({ database, box }: PushGround, doorbell: Doorbell, way: PushWay): Promise<void> {
  if (way.kind === "web-push") await subscribeHere(doorbell, way.daily);
  else {
    await unsubscribeHere();
    if (way.kind === "none") await doorbell.ask("push-unsubscribe", {});
    else {
      const { endpoint, daily } = way;
      await doorbell.ask("push-subscribe", { kind: "plain", endpoint, p256dh: null, auth: null, daily });
    }
  }
  if (way.kind === "none") await database.delete("records", RECORD);
  else await database.put("records", await box.sealJson(RECORD, way), RECORD);
}

async function subscribeHere(doorbell: Doorbell, daily: boolean): Promise<void> {
  const { key } = (await doorbell.ask("push-key", {})).result;
  const { pushManager } = await navigator.serviceWorker.ready;
  const known = await pushManager.getSubscription();
  const isSame =
    known !== null && toBase64url(new Uint8Array(known.options.applicationServerKey ?? [])) === toBase64url(key);
  if (known !== null && !isSame) await known.unsubscribe();
  const subscription = isSame
    ? known
    : await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: plainView(key) });
  const keyOf = (name: PushEncryptionKeyName): string => toBase64url(new Uint8Array(subscription.getKey(name) ?? []));
  await doorbell.ask("push-subscribe", {
    kind: "web-push",
    endpoint: subscription.endpoint,
    p256dh: keyOf("p256dh"),
    auth: keyOf("auth"),
    daily,
  });
}

async function unsubscribeHere(): Promise<void> {
  if (!canWebPush()) return;
  const registration = await navigator.serviceWorker.getRegistration();
  const subscription = await registration?.pushManager.getSubscription();
  await subscription?.unsubscribe();
}
