/**
 * Keeps the keys and values of the open conversation between visits, so that a long one can be gone on with at once.
 * One conversation a model; what was kept longest ago goes when there are more than a few.
 *
 * The file mirrors the caches, so that only what is new is written. Its header is there only while the file is right.
 */

import { openForWriting, readJson, removeFile, writeJson } from "./opfs.js";

/** @typedef {import("./gpu.js").Gpu} Gpu */
/** @typedef {import("./cpu/cpu.js").Cpu} Cpu */
/** @typedef {[buffer: string, offset: number, bytes: number]} Range */

/**
 * @typedef {object} Snapshot  see `Session.snapshot`
 * @property {number[]} tokens
 * @property {number} written
 * @property {Range[]} ranges
 * @property {Record<string, number>} sizes  of the buffers, in bytes
 */

/** @typedef {{ key: string, kept: number } & Omit<Snapshot, "ranges">} Header */

const FOLDER = "conversations";
const MOST_BYTES = 256 << 20; // of one conversation
const MOST_FILES = 3;

export class ConversationMemory {
  #folder;
  #name;
  #key;

  /**
   * @param {string} key  everything that the caches' contents depend on beside the tokens
   * @returns {Promise<ConversationMemory | null>} null where nothing can be kept
   */
  static async open(key) {
    try {
      const root = await navigator.storage.getDirectory();
      const folder = await root.getDirectoryHandle(FOLDER, { create: true });
      const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
      const name = Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
      return new ConversationMemory(folder, name, key);
    } catch {
      return null;
    }
  }

  /**
   * @param {FileSystemDirectoryHandle} folder
   * @param {string} name
   * @param {string} key
   */
  constructor(folder, name, key) {
    this.#folder = folder;
    this.#name = name;
    this.#key = key;
  }

  /** @returns {Promise<Header | null>} what was kept last */
  async recall() {
    try {
      const header = /** @type {Header | null} */ (await readJson(this.#folder, this.#header));
      return header?.key === this.#key ? header : null;
    } catch {
      return null;
    }
  }

  /**
   * Writes what a snapshot asks for.
   *
   * @param {Gpu | Cpu} device
   * @param {Snapshot} snapshot
   * @param {() => boolean} outdated  whether the caches have changed since: what they hold now is something else
   * @returns {Promise<boolean>} whether it is kept
   */
  async keep(device, { ranges, ...snapshot }, outdated) {
    const places = placesOf(snapshot.sizes);
    if (places.end > MOST_BYTES) return false;
    try {
      await removeFile(this.#folder, this.#header);
      const file = await openForWriting(this.#folder, this.#data);
      try {
        for (const [buffer, offset, bytes] of ranges) {
          const data = await device.read(buffer, offset, bytes);
          if (outdated()) return false;
          file.write(data, { at: places.of[buffer] + offset });
        }
        file.flush();
      } finally {
        file.close();
      }
      await writeJson(this.#folder, this.#header, { ...snapshot, key: this.#key, kept: Date.now() });
      await this.#tidy();
      return true;
    } catch {
      await this.forget(); // the storage is full, or another tab has the file: that one keeps its conversation
      return false;
    }
  }

  /**
   * Fills a device's caches from what was kept.
   *
   * @param {Gpu | Cpu} device
   * @param {Header} header
   * @param {Range[]} ranges
   * @throws {Error} the file is not there, or shorter than its header says
   */
  async bring(device, header, ranges) {
    const places = placesOf(header.sizes);
    const file = await (await this.#folder.getFileHandle(this.#data)).getFile();
    for (const [buffer, offset, bytes] of ranges) {
      const start = places.of[buffer] + offset;
      const data = new Uint8Array(await file.slice(start, start + bytes).arrayBuffer());
      if (data.byteLength < bytes) throw new Error("the kept conversation is incomplete");
      device.write(buffer, offset, data);
    }
  }

  async forget() {
    await Promise.allSettled([removeFile(this.#folder, this.#header), removeFile(this.#folder, this.#data)]);
  }

  /** Removes the conversations that were kept longest ago. */
  async #tidy() {
    /** @type {{ name: string, kept: number }[]} */
    const found = [];
    for await (const name of this.#folder.keys()) {
      if (!name.endsWith(".json")) continue;
      found.push({ name: name.slice(0, -".json".length), kept: (await readJson(this.#folder, name))?.kept ?? 0 });
    }
    found.sort((a, b) => b.kept - a.kept);
    for (const { name } of found.slice(MOST_FILES)) {
      await removeFile(this.#folder, `${name}.json`);
      await removeFile(this.#folder, `${name}.kv`);
    }
  }

  get #header() {
    return `${this.#name}.json`;
  }

  get #data() {
    return `${this.#name}.kv`;
  }
}

/**
 * Where each buffer begins in the file.
 * @param {Record<string, number>} sizes
 */
function placesOf(sizes) {
  /** @type {Record<string, number>} */
  const of = {};
  let end = 0;
  for (const [buffer, bytes] of Object.entries(sizes)) {
    of[buffer] = end;
    end += bytes;
  }
  return { of, end };
}
