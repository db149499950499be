/** Small facts that are kept between visits, as JSON in the browser's cache storage. Any of them may be gone. */

export class JsonCache {
  #name;
  #most;

  /**
   * @param {string} name
   * @param {number} most  facts kept; the oldest go first
   */
  constructor(name, most) {
    this.#name = name;
    this.#most = most;
  }

  /**
   * @param {string} key
   * @returns {Promise<any>} null when there is none
   */
  async recall(key) {
    try {
      const answer = await (await caches.open(this.#name)).match(address(key));
      return answer ? await answer.json() : null;
    } catch {
      return null; // no storage, or nothing readable in it
    }
  }

  /**
   * @param {string} key
   * @param {unknown} value
   */
  async remember(key, value) {
    try {
      const cache = await caches.open(this.#name);
      await cache.put(address(key), new Response(JSON.stringify(value)));
      const kept = await cache.keys(); // the oldest first
      await Promise.all(kept.slice(0, -this.#most).map((request) => cache.delete(request)));
    } catch {
      // No storage, or it is full: the next visit has to find out anew.
    }
  }
}

/** @param {string} key */
function address(key) {
  return new URL(`fact?${encodeURIComponent(key)}`, import.meta.url).href;
}
