import { type Signal, signal } from "@preact/signals";

/** A newer app has been fetched and waits until the person agrees. */
export const updateWaiting: Signal<ServiceWorker | null> = signal(null);

const CHECK_EVERY_MS = 3_600_000;

/** The worker keeps the app's own files, so that it starts without a network; it never sees a key or a clip. */
export function startWorker(): void {
  if (!("serviceWorker" in navigator)) return;
  const workers = navigator.serviceWorker;
  let isReplacing = false;
  // The first worker takes over a page that is of its own age: to load that anew would lose a pairing code.
  let isFirst = workers.controller === null;
  workers.addEventListener("controllerchange", () => {
    if (isReplacing && !isFirst) location.reload();
    isFirst = false;
  });
  updateWaiting.subscribe((worker) => {
    isReplacing = worker !== null;
  });
  void workers
    .register("./service-worker.js")
    .then((registration) => {
      const look = (): void => {
        const { waiting } = registration;
        const { controller } = workers;
        // WebKit calls a worker waiting for a moment longer than it waits.
        const isNewer = waiting?.state === "installed" && controller !== null && controller !== waiting;
        if (isNewer) updateWaiting.value = waiting;
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
