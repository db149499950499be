/** Questions to the service worker, each with its answer. */

/**
 * @typedef {{type: "claim", build: string} | {type: "takeover"}} WorkerRequest
 *     to be served by the worker, for a page of that build; to be this page's worker in the place of the older one
 */

/**
 * @param {ServiceWorker} worker
 * @param {WorkerRequest} request
 * @returns {Promise<any>} what `REQUESTS` of sw.js answers
 */
export function askWorker(worker, request) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => {
      port1.close();
      resolve(data);
    };
    worker.postMessage(request, [port2]);
  });
}
