/**
 * Keeps the keys and values of the open conversation between visits, so that a long one can be gone on with at once.
 * One conversation a model; what was kept longest ago goes when there are more than a few.
 *
 * The file mirrors the caches, so that only what is new is written. Its header is there only while the file is right,
 * and carries a stamp: who finds another stamp than the one that it knows has to do with another tab's caches.
 */

import { GlowwormError } from "../errors.js";
import { free } from "./buffers.js";
import { isLocked, isNotFound, openForWriting, readJson, removeFile, writeJson } from "./opfs.js";

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

/** @typedef {{ key: string, stamp: string, bytes: number, kept: number } & Omit<Snapshot, "ranges">} Header */

const FOLDER = "conversations";
const FORGOTTEN = "glowworm conversations forgotten"; // the channel on which workers are told
const MOST_BYTES = 256 << 20; // of one conversation
const MOST_FILES = 3;
const ATTEMPTS = 20; // to remove what a worker is just writing
const ATTEMPT_MS = 100;

/**
 * Removes every kept conversation; workers that are about to keep one are told not to.
 * @throws {GlowwormError} StorageError when a file is in use for too long
 */
export async function forgetConversations() {
  const channel = new BroadcastChannel(FORGOTTEN);
  channel.postMessage(null);
  channel.close();
  const root = await navigator.storage.getDirectory().catch(() => null);
  for (let attempt = 1; root; attempt++) {
    try {
      return await root.removeEntry(FOLDER, { recursive: true });
    } catch (cause) {
      if (isNotFound(cause)) return;
      if (!isLocked(cause) || attempt === ATTEMPTS) {
        const message = "What the model remembers of your chats could not be removed from this device; close other tabs and try again.";
        throw new GlowwormError("StorageError", message, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, ATTEMPT_MS));
    }
  }
}

/**
 * Calls back whenever someone, here or in another tab, has all conversations removed.
 * @param {() => void} callback
 */
export function onForgotten(callback) {
  new BroadcastChannel(FORGOTTEN).addEventListener("message", callback);
}

export class ConversationMemory {
  #name;
  #key;
  /** Of the header that this memory wrote or brought back last. @type {string | null} */
  #stamp = null;

  /**
   * @param {string} key  everything that the caches' contents depend on beside the tokens
   * @returns {Promise<ConversationMemory | null>} null where nothing can be kept
   */
  static async open(key) {
    try {
      await openFolder();
      const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
      const name = Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
      return new ConversationMemory(name, key);
    } catch {
      return null;
    }
  }

  /**
   * @param {string} name
   * @param {string} key
   */
  constructor(name, key) {
    this.#name = name;
    this.#key = key;
  }

  /** @returns {Promise<Header | null>} what was kept last */
  async recall() {
    try {
      return await this.#read(await openFolder());
    } catch {
      return null;
    }
  }

  /**
   * Writes what a snapshot asks for.
   *
   * @param {Gpu | Cpu} device
   * @param {(whole: boolean) => Snapshot | null} take  gives the snapshot: of the whole conversation, or of what is new
   *     in it since it was kept or brought back last; null when there is nothing to keep
   * @param {() => boolean} outdated  whether the caches have changed since: what they hold now is something else
   * @returns {Promise<number>} tokens that are kept; 0 if they could not be
   */
  async keep(device, take, outdated) {
    let folder, file;
    try {
      folder = await openFolder();
      file = await openForWriting(folder, this.#data);
    } catch {
      return 0; // another tab has the file: that one keeps its conversation
    }
    try {
      const header = await this.#read(folder);
      const ours = header?.stamp === this.#stamp && header.bytes === file.getSize();
      const snapshot = take(!ours);
      if (!snapshot) return 0;
      const { ranges, ...told } = snapshot;
      const places = placesOf(told.sizes);
      if (places.end > MOST_BYTES) return 0;
      await removeFile(folder, this.#header);
      for (const [buffer, offset, bytes] of ranges) {
        const data = await device.read(buffer, offset, bytes);
        if (outdated()) return 0;
        file.write(data, { at: places.of[buffer] + offset });
        free(data.buffer);
      }
      file.flush();
      const stamp = crypto.randomUUID();
      await writeJson(folder, this.#header, { ...told, key: this.#key, stamp, bytes: file.getSize(), kept: Date.now() });
      this.#stamp = stamp;
      await this.#tidy(folder);
      return told.tokens.length;
    } catch {
      file.truncate(0); // the storage is full, or the device was lost
      await removeFile(folder, this.#header).catch(() => {});
      return 0;
    } finally {
      file.close();
    }
  }

  /**
   * Fills a device's caches from what was kept.
   *
   * @param {Gpu | Cpu} device
   * @param {Header} header
   * @param {Range[]} ranges
   * @throws {Error} the file is not there, not of its header's length, or was written to in the meantime
   */
  async bring(device, header, ranges) {
    const places = placesOf(header.sizes);
    const folder = await openFolder();
    const file = await (await folder.getFileHandle(this.#data)).getFile();
    if (file.size !== header.bytes) throw new Error("the kept conversation is incomplete");
    for (const [buffer, offset, bytes] of ranges) {
      const start = places.of[buffer] + offset;
      const data = await file.slice(start, start + bytes).arrayBuffer();
      device.write(buffer, offset, new Uint8Array(data));
      free(data);
    }
    if ((await this.#read(folder))?.stamp !== header.stamp) throw new Error("another tab keeps its conversation");
    this.#stamp = header.stamp;
  }

  /**
   * @param {FileSystemDirectoryHandle} folder
   * @returns {Promise<Header | null>}
   */
  async #read(folder) {
    const header = /** @type {Header | null} */ (await readJson(folder, this.#header));
    return header?.key === this.#key ? header : null;
  }

  /**
   * Removes the conversations that were kept longest ago; data without a header count as older than all.
   * @param {FileSystemDirectoryHandle} folder
   */
  async #tidy(folder) {
    try {
      const names = new Set();
      for await (const name of folder.keys()) names.add(name.replace(/\.(json|kv)$/, ""));
      names.delete(this.#name);
      const kept = async (/** @type {string} */ name) => (await readJson(folder, `${name}.json`))?.kept ?? 0;
      const others = await Promise.all([...names].map(async (name) => ({ name, kept: await kept(name) })));
      others.sort((a, b) => b.kept - a.kept);
      for (const { name } of others.slice(MOST_FILES - 1)) {
        await removeFile(folder, `${name}.kv`);
        await removeFile(folder, `${name}.json`);
      }
    } catch {
      // Another tab is writing to one of them. What was just kept is kept all the same.
    }
  }

  get #header() {
    return `${this.#name}.json`;
  }

  get #data() {
    return `${this.#name}.kv`;
  }
}

/** @throws {DOMException} when the browser offers no storage */
async function openFolder() {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, { create: true });
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
