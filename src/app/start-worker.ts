import { type Signal, signal } from "@preact/signals";

/** A newer app has been fetched and waits until the person agrees. */
export const updateWaiting: Signal<ServiceWorker | null> = signal(null);

const CHECK_EVERY_MS = 3_600_000;

/** The worker keeps the app's own files, so that it starts without a network; it never sees a key or a clip. */
export function startWorker(): void {
  if (!("serviceWorker" in navigator)) return;
  let isReplacing = false;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (isReplacing) location.reload();
  });
  updateWaiting.subscribe((worker) => {
    isReplacing = worker !== null;
  });
  void navigator.serviceWorker
    .register("./service-worker.js")
    .then((registration) => {
      const look = (): void => {
        if (registration.waiting !== null && navigator.serviceWorker.controller !== null) {
          updateWaiting.value = registration.waiting;
        }
      };
      look();
      registration.addEventListener("updatefound", () => {
        registration.installing?.addEventListener("statechange", look);
      });
      setInterval(() => void registration.update().catch(() => undefined), CHECK_EVERY_MS);
    })
    .catch(() => undefined); // without it the app works as long as the network does
}

export function useUpdate(): void {
  updateWaiting.value?.postMessage("use-now");
}
