/** Registers the service worker, and says when the page would work without a network. */

import { ownScript } from "../own-script.js";
import { keepInTab, recallInTab } from "./kept.js";
import { NewVersionNotice } from "./new-version.js";
import { askWorker } from "./service-worker.js";

/** Noted in the tab: the page was loaded once more to be isolated. */
const RELOADED = "reloaded";

/** @type {NewVersionNotice | null} */
let notice = null;

/** Whether anybody has tapped or typed since the page opened. */
let touched = false;
for (const sign of ["pointerdown", "keydown", "input"]) {
  addEventListener(sign, () => (touched = true), { capture: true, once: true, passive: true });
}

/**
 * Call when the page has settled: filling the service worker's cache must not compete with loading the model.
 *
 * Where the host sends no headers, the first visit ends in one reload, which isolates the page (its worker may then
 * use threads), unless somebody has begun to use it; then the next visit is the first one isolated.
 *
 * @param {string} siteRoot        URL of the site's root, where sw.js lies
 * @param {() => boolean} modelIsStored
 * @param {HTMLElement} indicator  shown once shell and model are both here
 */
export async function keepOffline(siteRoot, modelIsStored, indicator) {
  if (!("serviceWorker" in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.register(ownScript(new URL("sw.js", siteRoot)));
    notice ??= new NewVersionNotice(registration);
    const { active } = await navigator.serviceWorker.ready;
    if (active) await beServed(active, notice);
  } catch (error) {
    console.warn("The page will need a network next time: its service worker could not be installed.", error);
    return;
  }
  if (isolate()) return;
  indicator.hidden = !modelIsStored();
  document.body.dataset.offline = String(modelIsStored());
}

/**
 * A page that came from the network is served by the worker from here on, if both are of one build.
 * @param {ServiceWorker} worker
 * @param {NewVersionNotice} notice
 */
async function beServed(worker, notice) {
  if (navigator.serviceWorker.controller) return;
  const own = document.querySelector("meta[name='build']")?.getAttribute("content") ?? "";
  const { build } = await askWorker(worker, { type: "claim", build: own });
  if (build !== own) notice.show();
}

/**
 * Loads the page once more where the worker's headers would isolate it; never while it is in use, and never twice.
 * @returns {boolean} whether the page is about to go
 */
function isolate() {
  const [{ type }] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  const reloads =
    !crossOriginIsolated &&
    type !== "reload" && // should nothing be kept of the note below
    navigator.serviceWorker.controller !== null &&
    !touched &&
    document.body.dataset.state !== "generating" &&
    !recallInTab(RELOADED);
  if (reloads) {
    keepInTab(RELOADED, true);
    location.reload();
  }
  return reloads;
}
