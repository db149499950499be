/** The stories that were kept, in this browser's database. */

import { openDB } from "../vendor/idb/index.js";

/** @typedef {import("./tale.js").Tale} Tale */

/**
 * @typedef {import("../vendor/idb/index.js").DBSchema & {tales: {key: string, value: Tale, indexes: {told: number}}}} Schema
 */

const NAME = "glowworm-stories";

export class ShelfStore {
  /** @type {Promise<import("../vendor/idb/index.js").IDBPDatabase<Schema>> | null} */
  #opening = null;

  /**
   * @returns {Promise<Tale[]>} the newest first
   * @throws {DOMException} where the browser keeps no data; so do the others
   */
  async list() {
    const tales = await (await this.#open()).getAllFromIndex("tales", "told");
    return tales.reverse();
  }

  /** @param {string} id */
  async has(id) {
    return (await (await this.#open()).getKey("tales", id)) !== undefined;
  }

  /** @param {Tale} tale  takes the place of its former version */
  async put(tale) {
    await (await this.#open()).put("tales", tale);
  }

  /** @param {string} id */
  async remove(id) {
    await (await this.#open()).delete("tales", id);
  }

  #open() {
    this.#opening ??= openDB(NAME, 1, {
      upgrade(db) {
        db.createObjectStore("tales", { keyPath: "id" }).createIndex("told", "told");
      },
      blocking: () => this.#close(), // a newer version of the page wants to change the shape
      terminated: () => (this.#opening = null),
    });
    this.#opening.catch(() => (this.#opening = null));
    return this.#opening;
  }

  #close() {
    void this.#opening?.then((db) => db.close());
    this.#opening = null;
  }
}
