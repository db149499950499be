/** Installing the page as an app, where the browser offers it. */

/** @typedef {Event & {prompt: () => Promise<{outcome: "accepted" | "dismissed"}>}} InstallOffer */

/** Fires `change` when an offer comes or goes. */
class Installation extends EventTarget {
  /** @type {InstallOffer | null} */
  #offer = null;

  constructor() {
    super();
    addEventListener("beforeinstallprompt", (event) => {
      event.preventDefault(); // we ask where it does not disturb
      this.#set(/** @type {InstallOffer} */ (event));
    });
    addEventListener("appinstalled", () => this.#set(null));
  }

  get isOffered() {
    return this.#offer !== null;
  }

  /** Asks the user; the browser offers it once. */
  async ask() {
    const offer = this.#offer;
    this.#set(null);
    await offer?.prompt();
  }

  /** @param {InstallOffer | null} offer */
  #set(offer) {
    this.#offer = offer;
    this.dispatchEvent(new Event("change"));
  }
}

/** Listens from the page's first moment on, because the offer comes once. */
export const installation = new Installation();

/** @param {HTMLButtonElement} button  shown while there is an offer */
export function offerInstall(button) {
  const show = () => (button.hidden = !installation.isOffered);
  installation.addEventListener("change", show);
  button.addEventListener("click", () => void installation.ask());
  show();
}
