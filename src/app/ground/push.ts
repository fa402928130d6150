import type { Doorbell } from "../../owner/doorbell.ts";
import { OwnerError } from "../../owner/errors.ts";
import { toBase64url } from "../../protocol/bytes.ts";
import type { ArgsOf } from "../../protocol/link-ops.ts";
import { AppError } from "../model/errors.ts";
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

/** To be asked in the very gesture of the person, before anything else. @throws AppError `app/push-blocked`. */
export async function allowNotifications(): Promise<void> {
  if ((await Notification.requestPermission()) !== "granted") {
    throw new AppError("app/push-blocked", "the browser shows no notification of this page");
  }
}

/**
 * Tells the doorbell where to knock; whatever it was told before is void. Its knock says nothing.
 * @throws AppError `app/push-away`, `app/push-refused`. @throws OwnerError.
 */
export async function setPushWay({ database, box }: PushGround, doorbell: Doorbell, way: PushWay): Promise<void> {
  if (way.kind === "web-push") await subscribeHere(doorbell, way.daily);
  else {
    await unsubscribeHere();
    if (way.kind === "none") await doorbell.ask("push-unsubscribe", {});
    else await subscribePlain(doorbell, way);
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
    : await pushManager
        .subscribe({ userVisibleOnly: true, applicationServerKey: plainView(key) })
        .catch((cause: unknown) => {
          throw new AppError("app/push-away", "the browser's push service gives no address", { cause });
        });
  const keyOf = (name: PushEncryptionKeyName): string => toBase64url(new Uint8Array(subscription.getKey(name) ?? []));
  await subscribe(doorbell, {
    kind: "web-push",
    endpoint: subscription.endpoint,
    p256dh: keyOf("p256dh"),
    auth: keyOf("auth"),
    daily,
  });
}

function subscribePlain(
  doorbell: Doorbell,
  { endpoint, daily }: Extract<PushWay, { readonly kind: "plain" }>,
): Promise<void> {
  return subscribe(doorbell, { kind: "plain", endpoint, p256dh: null, auth: null, daily });
}

/** A doorbell says nothing to an address that it does not take. */
async function subscribe(doorbell: Doorbell, wish: ArgsOf<"push-subscribe">): Promise<void> {
  await doorbell.ask("push-subscribe", wish).catch((cause: unknown) => {
    if (!(cause instanceof OwnerError) || cause.code !== "owner/no-answer") throw cause;
    throw new AppError("app/push-refused", "the doorbell does not take this address", { cause });
  });
}

/**
 * Browsers give subscriptions up after a while, and tell only a worker that has no keys; a doorbell may have lost its side,
 * and tells nobody. So with every connection it is told anew where to knock.
 */
export async function renewPush(ground: PushGround, doorbell: Doorbell): Promise<void> {
  const way = await pushWay(ground);
  if (way.kind === "plain") return subscribePlain(doorbell, way);
  if (way.kind !== "web-push" || !canWebPush() || Notification.permission !== "granted") return;
  if ((await navigator.serviceWorker.getRegistration()) === undefined) return;
  await subscribeHere(doorbell, way.daily);
}

/** Gives the browser's own subscription up, if there is one. */
export async function unsubscribeHere(): Promise<void> {
  if (!canWebPush()) return;
  const registration = await navigator.serviceWorker.getRegistration();
  const subscription = await registration?.pushManager.getSubscription();
  await subscription?.unsubscribe();
}
