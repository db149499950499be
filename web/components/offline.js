/** Registers the service worker, and says when the page would work without a network. */

/**
 * Call when the page has settled: filling the service worker's cache must not compete with loading the model.
 *
 * @param {string} siteRoot        URL of the site's root, where sw.js lies
 * @param {() => boolean} modelIsStored
 * @param {HTMLElement} indicator  shown once shell and model are both here
 */
export async function keepOffline(siteRoot, modelIsStored, indicator) {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register(new URL("sw.js", siteRoot));
    await navigator.serviceWorker.ready;
  } catch (error) {
    console.warn("The page will need a network next time: its service worker could not be installed.", error);
    return;
  }
  indicator.hidden = !modelIsStored();
  document.body.dataset.offline = String(modelIsStored());
}
