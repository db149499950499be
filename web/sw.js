/**
 * The service worker: keeps the whole application, Python included, so that it starts with the server gone, and
 * adds the headers of cross-origin isolation where the host cannot send them.
 *
 * Not responsible for: weights. They are large, arrive in ranges and live in the origin's private file system, so
 * requests for them pass by untouched.
 */

import { addPlugins, cleanupOutdatedCaches, precacheAndRoute } from "workbox-precaching";

const scope = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

const ISOLATION_HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};
const ISOLATED_DESTINATIONS = new Set(["document", "worker", "sharedworker"]);

/**
 * @param {{request: Request, response: Response}} answer
 * @returns {Promise<Response>} with the headers, where they matter and are missing
 */
async function isolate({ request, response }) {
  if (!ISOLATED_DESTINATIONS.has(request.destination)) return response;
  if (Object.keys(ISOLATION_HEADERS).every((name) => response.headers.has(name))) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATION_HEADERS)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

addPlugins([{ handlerWillRespond: isolate }]);
// A query chooses what a page does, never which page it is.
precacheAndRoute(/** @type {any} */ (self).__WB_MANIFEST, { ignoreURLParametersMatching: [/./], cleanURLs: false });
cleanupOutdatedCaches();

// The first version serves the page that installed it, so that it survives a reload at once.
scope.addEventListener("activate", (event) => event.waitUntil(scope.clients.claim()));
