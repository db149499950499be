/**
 * Says that a new version of the app has been fetched, and changes to it when the user asks: never by itself, and
 * not while an answer is being written. Until then the page goes on with the version it came from.
 */

import { askWorker } from "./service-worker.js";

const LOOK_AGAIN_MS = 60 * 60 * 1000;

export class NewVersionNotice {
  #registration;
  #bar = document.createElement("div");
  #text = document.createElement("p");
  #served = navigator.serviceWorker.controller !== null;
  #updating = false;
  #looked = Date.now();

  /** @param {ServiceWorkerRegistration} registration */
  constructor(registration) {
    this.#registration = registration;
    if (registration.waiting && this.#served) this.show();
    registration.addEventListener("updatefound", () => this.#await(registration.installing));
    this.#await(registration.installing);
    navigator.serviceWorker.addEventListener("controllerchange", () => this.#changed());
    document.addEventListener("visibilitychange", () => this.#look());
  }

  /** Shows the notice; while an answer is being written it waits. */
  show() {
    if (this.#bar.isConnected) return;
    const look = document.createElement("link");
    look.rel = "stylesheet";
    look.href = new URL("../styles/new-version.css", import.meta.url).href;
    document.head.append(look);

    this.#bar.className = "new-version";
    this.#bar.setAttribute("role", "status");
    this.#text.textContent = "A new version of Glowworm is ready.";
    this.#bar.append(this.#text, button("Update", () => void this.#update()), button("Later", () => this.#bar.remove()));
    document.querySelector("main")?.before(this.#bar);

    const wait = () => (this.#bar.hidden = document.body.dataset.state === "generating");
    new MutationObserver(wait).observe(document.body, { attributeFilter: ["data-state"] });
    wait();
  }

  async #update() {
    this.#updating = true;
    const { waiting } = this.#registration;
    if (!waiting) return location.reload(); // it has taken over already
    const { others } = await askWorker(waiting, { type: "takeover" });
    if (others > 0) this.#text.textContent = "Glowworm is open elsewhere too: close its other tabs and windows, then update here.";
  }

  /** @param {ServiceWorker | null} worker  one that is being installed */
  #await(worker) {
    worker?.addEventListener("statechange", () => {
      if (worker.state === "installed" && this.#served) this.show();
    });
  }

  #changed() {
    if (this.#updating) location.reload();
    else if (this.#served) this.show();
    this.#served = true;
  }

  /** A page that stays open for days looks for a new version now and then. */
  #look() {
    if (document.visibilityState !== "visible" || Date.now() - this.#looked < LOOK_AGAIN_MS) return;
    this.#looked = Date.now();
    this.#registration.update().catch(() => {}); // without a network there is nothing new
  }
}

/**
 * @param {string} label
 * @param {() => void} run
 */
function button(label, run) {
  const element = document.createElement("button");
  element.type = "button";
  element.textContent = label;
  element.addEventListener("click", run);
  return element;
}
