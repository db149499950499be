/**
 * The service worker: keeps the whole application, Python included, so that it starts with the server gone, and
 * adds the headers of isolation and safety where the host cannot send them.
 *
 * A version is all or nothing. Each build's worker fetches its own list of files, every one checked by its digest, and
 * then waits: the pages that are open keep the worker, and so the files, of the build they came from. It takes over
 * when the last of them is closed, or when the only one there is asks for it.
 *
 * Not responsible for: weights. They are large, arrive in ranges and live in the origin's private file system, so
 * requests for them pass by untouched.
 */

import { addPlugins, cleanupOutdatedCaches, precacheAndRoute } from "workbox-precaching";

/**
 * What the build puts in.
 * @typedef {object} SiteFacts
 * @property {string} build                     name of this build; its pages carry the same
 * @property {{url: string, revision: string | null, integrity: string}[]} files
 * @property {Record<string, string>} headers   for documents and workers
 * @property {string} policyName                which of the headers is only for types that run scripts
 * @property {string[]} policedTypes
 */

/** @typedef {import("./components/service-worker.js").WorkerRequest} WorkerRequest */

const scope = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const site = /** @type {SiteFacts} */ (/** @type {any} */ (self).__SITE);

const SECURED_DESTINATIONS = new Set(["document", "worker", "sharedworker"]);

/**
 * @param {{request: Request, response: Response}} answer
 * @returns {Promise<Response>} with the headers, where they matter and are missing
 */
async function secure({ request, response }) {
  if (!SECURED_DESTINATIONS.has(request.destination)) return response;
  const runsScripts = site.policedTypes.includes((response.headers.get("Content-Type") ?? "").split(";")[0]);
  const missing = Object.entries(site.headers).filter(
    ([name]) => !response.headers.has(name) && (runsScripts || name !== site.policyName),
  );
  if (missing.length === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of missing) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

/**
 * What the browser has just fetched for the page need not be sent again: asking whether it changed is enough, since
 * each file's digest is checked anyway.
 * @param {{request: Request}} fetching
 */
async function askWhetherChanged({ request }) {
  return request.cache === "reload" ? new Request(request, { cache: "no-cache" }) : request;
}

addPlugins([{ handlerWillRespond: secure, requestWillFetch: askWhetherChanged }]);
// A query chooses what a page does, never which page it is.
precacheAndRoute(site.files, { ignoreURLParametersMatching: [/./], cleanURLs: false });
cleanupOutdatedCaches();

/** @type {Record<WorkerRequest["type"], (request: any) => Promise<unknown>>} */
const REQUESTS = {
  /** A page that came from the network, before there was a worker, is served from here on if it is of this build. */
  async claim({ build }) {
    if (build === site.build) await scope.clients.claim();
    return { build: site.build };
  },

  /** Two builds must never share a page's files, so only the last page can have its worker replaced. */
  async takeover() {
    const pages = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
    const others = pages.filter(({ url }) => url.startsWith(scope.registration.scope)).length - 1;
    if (others <= 0) await scope.skipWaiting();
    return { others };
  },
};

scope.addEventListener("message", (event) => {
  const request = /** @type {WorkerRequest} */ (event.data);
  event.waitUntil(REQUESTS[request.type](request).then((answer) => event.ports[0]?.postMessage(answer)));
});
