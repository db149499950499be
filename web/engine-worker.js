/**
 * The worker of one engine and its life: what its end, expected or not, means for those who wait for it.
 *
 * Browsers do not say when they end a worker, for want of memory say. The worker therefore holds a lock of its own
 * name as long as it lives, and whoever is granted that lock here knows that it is gone.
 */

import * as Comlink from "./vendor/comlink/comlink.mjs";
import { GlowwormError } from "./errors.js";
import { ownScript } from "./own-script.js";

const GONE = "The engine's worker was ended by the browser, perhaps for want of memory; try again.";

export class EngineWorker {
  /** @type {any} Comlink's view of the worker's EngineHost */
  host;
  /** @type {Promise<never>} rejects when the worker is no more, with the reason */
  broken;
  /** Whether the worker is no more. */
  ended = false;
  #name = `glowworm ${crypto.randomUUID()}`;
  #worker = new Worker(ownScript(new URL("./worker/worker.js", import.meta.url)), { type: "module", name: this.#name });
  #watch = new AbortController();
  #watching = false;
  #onLost;
  /** @type {(reason: unknown) => void} */
  #break = () => {};

  /** @param {(reason: string) => void} onLost  called when the worker is gone that was at work */
  constructor(onLost) {
    this.#onLost = onLost;
    this.host = Comlink.wrap(this.#worker);
    this.broken = new Promise((_, reject) => (this.#break = reject));
    this.broken.catch(() => {});
    this.#worker.addEventListener("error", ({ message }) => {
      if (this.#watching) return this.#lose();
      const why = message ? ` (${message.replace(/\.$/, "")})` : "";
      this.terminate(new GlowwormError("InternalError", `The engine's worker could not run${why}; reload the page.`));
    });
  }

  /** Notices from now on when the worker is gone. Call it once the worker has been heard of, and so has its lock. */
  watch() {
    if (this.#watching || this.ended) return;
    this.#watching = true;
    navigator.locks.request(this.#name, { signal: this.#watch.signal }, () => this.#lose()).catch(() => {});
  }

  /** @param {unknown} reason  what calls that are still under way fail with */
  terminate(reason) {
    this.ended = true;
    this.#watch.abort();
    this.#break(reason);
    this.#worker.terminate();
  }

  #lose() {
    if (this.ended) return;
    this.terminate(new GlowwormError("DeviceLostError", GONE));
    this.#onLost(GONE);
  }
}
