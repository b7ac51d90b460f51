// Starts the page: its program, and the service worker that keeps it for when there is no network.
import init from "./web.js";

init().then(keep, (error) => {
  const text = document.querySelector("main") ?? document.body;
  text.textContent =
    `The page cannot start here: ${error?.message ?? error}. It needs WebAssembly with vectors: ` +
    "Chrome or Edge 91, Firefox 89, Safari 16.4, or later.";
});

/** Registers the service worker. When a newer version of the page waits, the window hears of it. */
function keep() {
  const { serviceWorker } = navigator;
  if (!serviceWorker) return;
  const offer = ({ waiting }) => {
    if (!waiting || !serviceWorker.controller) return; // the first version replaces nothing
    window.dispatchEvent(new Event("latent-update"));
  };
  serviceWorker.register("./service-worker.js").then((registration) => {
    offer(registration);
    registration.addEventListener("updatefound", () => {
      const { installing } = registration;
      installing?.addEventListener("statechange", () => offer(registration));
    });
  }, () => {}); // the browser keeps nothing here: the page works without
}
