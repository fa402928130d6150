/// <reference lib="webworker" />
declare const self: ServiceWorkerGlobalScope;
/** Filled in by the build: the app's own files, and a name that changes with any of them. */
declare const SHELL: { readonly version: string; readonly files: readonly string[] };

const CACHE = `doorward-${SHELL.version}`;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(CACHE).then((cache) => cache.addAll(SHELL.files.map((file) => new Request(file, { cache: "reload" })))),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("message", (event) => {
  if (event.data === "use-now") void self.skipWaiting();
});

/** The app's own files come from the cache, so that it opens without a network; all else goes its way unseen. */
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  const isPage = request.mode === "navigate" && url.pathname === new URL("./", self.registration.scope).pathname;
  const path = isPage ? "./" : `.${url.pathname.slice(new URL(self.registration.scope).pathname.length - 1)}`;
  if (!SHELL.files.includes(path)) return;
  event.respondWith(
    caches
      .open(CACHE)
      .then(async (cache) => (await cache.match(new URL(path, self.registration.scope))) ?? fetch(request)),
  );
});

/**
 * A knock says nothing, and is the same for a ring and for the daily report: so is what is shown. The app tells the rest
 * once it is open.
 */
self.addEventListener("push", (event) => {
  const options: NotificationOptions & { readonly renotify: boolean } = {
    body: "Look at your door",
    tag: "doorward",
    renotify: true, // one that still lies there unread would else be replaced without a sound
    icon: "./icon-192.png",
  };
  const shown = self.registration.showNotification("Doorward", options);
  event.waitUntil(shown);
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(
    self.clients.matchAll({ type: "window", includeUncontrolled: true }).then((windows) => {
      const [open] = windows;
      return open === undefined ? self.clients.openWindow("./") : open.focus();
    }),
  );
});
