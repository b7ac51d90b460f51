// Keeps one version of the page, so that it opens without a network.
// A newer version is fetched beside it and takes its place when the page says so, or when no tab
// shows the old one any more. Built files carry their content's hash in their names.
const VERSION = "VERSION";
const FILES = ["FILES"];
const CACHE = `latent-${VERSION}`;

// Large, and only wanted by few: kept when it has been asked for once.
const isLarge = (file) => file.startsWith("worker_autodiff");

// A host may answer index.html with a redirection to its folder, which no browser takes from a cache.
const address = (file) => (file === "index.html" ? "./" : file);

self.addEventListener("install", (event) => {
  const cache = (file) => (file === "index.html" ? "reload" : "default");
  const request = (file) => new Request(address(file), { cache: cache(file) });
  const fetched = async () => {
    const large = await isUsed();
    const wanted = FILES.filter((file) => large || !isLarge(file));
    await (await caches.open(CACHE)).addAll(wanted.map(request));
  };
  event.waitUntil(fetched());
});

/** Whether an earlier version was asked for what is large. */
async function isUsed() {
  const names = (await caches.keys()).filter((name) => name.startsWith("latent-"));
  const kept = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
  return kept.flat().some(({ url }) => isLarge(url.split("/").pop()));
}

self.addEventListener("message", (event) => {
  const { data } = event;
  if (data === "skip-waiting") self.skipWaiting();
  // The worker that asked for it may have done so before this service worker was there to see it.
  if (data === "keep-large") event.waitUntil(Promise.all(FILES.filter(isLarge).map(kept)));
});

self.addEventListener("activate", (event) => {
  const tidy = async () => {
    const others = (await caches.keys()).filter((name) => name.startsWith("latent-") && name !== CACHE);
    await Promise.all(others.map((name) => caches.delete(name)));
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  const base = new URL("./", self.location).pathname;
  if (request.method !== "GET" || !pathname.startsWith(base)) return;
  const file = pathname.slice(base.length) || "index.html";
  if (FILES.includes(file)) event.respondWith(kept(file));
});

/** The file of this version: from the cache, or from the network, once. */
async function kept(file) {
  const cache = await caches.open(CACHE);
  const known = await cache.match(address(file));
  if (known) return known;
  const response = await fetch(address(file));
  if (response.ok) await cache.put(address(file), response.clone());
  return response;
}
