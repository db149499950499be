/**
 * A model on its way from the network: readable as far as it has come, kept as it comes, checked when it is whole.
 */

import { sha256 } from "../vendor/noble-hashes/sha2.js";
import { GlowwormError } from "../errors.js";
import { free, roomFor } from "./buffers.js";
import { download } from "./download.js";
import { readFile, readJson, removeFile, writeJson } from "./opfs.js";
import { digestOf, PIECE_BYTES, StaleBytesError, toHex } from "./pieces.js";
import { readBlob } from "./read-blob.js";

/** @typedef {import("./catalogue.js").CatalogueEntry} CatalogueEntry */
/** @typedef {import("./store.js").OpenOptions} OpenOptions */
/** @typedef {import("./store.js").Sidecar} Sidecar */
/** @typedef {import("./spool.js").Spool} Spool */

/**
 * How much of a model may stay in memory where the storage does not take it. Loading holds far less; this is for
 * weights that have no other place, and enough for a model of 270 million parameters in 4 bits. Beyond it a phone's
 * browser would close the page, which is worse than a sentence.
 */
const MEMORY_BYTES = 256 * 1024 * 1024;

export class ArrivingModel {
  size = 0;
  downloadedBytes = 0;
  /** @type {unknown} why no more bytes will come */
  failure = null;
  #entry;
  #folder;
  #spool;
  #options;
  #handedOut = false;
  #toldAboutMemory = false;
  /** @type {File | null} the whole, once it is on disk and found right */
  #file = null;
  /** @type {{end: number, resolve: () => void, reject: (reason: unknown) => void}[]} */
  #waiting = [];
  /** @type {Promise<void>} */
  #arrival;

  /**
   * Begins to fetch; resolves when the size is known.
   *
   * @param {CatalogueEntry} entry
   * @param {FileSystemDirectoryHandle | null} folder  null: nothing can be kept
   * @param {Spool} spool  with what is left of an earlier attempt
   * @param {OpenOptions} options
   * @returns {Promise<ArrivingModel>}
   */
  static async start(entry, folder, spool, options) {
    const model = new ArrivingModel(entry, folder, spool, options);
    await model.#reached(0);
    return model;
  }

  /**
   * @param {CatalogueEntry} entry
   * @param {FileSystemDirectoryHandle | null} folder
   * @param {Spool} spool
   * @param {OpenOptions} options
   */
  constructor(entry, folder, spool, options) {
    this.#entry = entry;
    this.#folder = folder;
    this.#spool = spool;
    this.#options = options;
    this.#arrival = this.#fetch();
    this.#arrival.catch((error) => this.#fail(error));
  }

  /** @returns {"disk" | "memory"} */
  get place() {
    return this.#file || this.#spool.onDisk ? "disk" : "memory";
  }

  verified() {
    return this.#arrival;
  }

  rest() {} // nothing is held but what has no other place

  /**
   * @param {number} offset
   * @param {number} length
   * @param {ArrayBuffer} [buffer]  to put it in
   * @returns {Promise<Uint8Array>}
   */
  async read(offset, length, buffer) {
    const end = Math.min(offset + length, this.size);
    await this.#reached(end);
    this.#handedOut = true;
    if (this.#file) return readBlob(this.#file.slice(offset, end), buffer);
    const out = new Uint8Array(roomFor(end - offset, buffer), 0, end - offset);
    try {
      this.#spool.read(offset, out);
    } catch (error) {
      this.failure ??= error;
      throw error;
    }
    return out;
  }

  async #fetch() {
    const { name, url, bytes: expectedBytes, sha256: expected = null, title = name } = this.#entry;
    const { signal } = this.#options;
    const spool = this.#spool;
    const sidecarName = `${name}.json`;
    const kept = /** @type {Sidecar | null} */ (this.#folder && (await readJson(this.#folder, sidecarName)));
    const sameFile = kept !== null && kept.url === url && kept.sha256 === expected;
    const resumable = sameFile && kept.pieces === null && (expected ?? kept.validator) !== null;
    if (!resumable || spool.length > kept.bytes) spool.clear();
    let checksums = new Checksums();
    await checksums.catchUp(spool);
    this.size = expectedBytes ?? (resumable ? kept.bytes : 0);
    this.#announce();

    /** @type {Sidecar} */
    const sidecar = { url, sha256: expected, bytes: 0, validator: resumable ? kept.validator : null, pieces: null };
    let resumedBytes = spool.length;
    if (resumedBytes === 0 || resumedBytes !== kept?.bytes) {
      const chunks = download(url, { offset: resumedBytes, validator: sidecar.validator, expectedBytes, signal });
      for await (const { offset, bytes, total, validator } of chunks) {
        if (offset !== spool.length) {
          if (this.#handedOut) throw this.#stale(title);
          spool.clear();
          checksums = new Checksums();
          resumedBytes = 0;
        }
        if (sidecar.bytes !== total || sidecar.validator !== validator) {
          Object.assign(sidecar, { bytes: total, validator });
          await this.#keep(sidecarName, sidecar);
        }
        this.size = total;
        this.#append(bytes);
        await checksums.add(bytes, spool);
        this.downloadedBytes += bytes.length;
        this.#announce();
      }
    } else {
      sidecar.bytes = resumedBytes;
    }

    const pieces = await checksums.finish(spool);
    if (expected !== null && checksums.whole !== expected) {
      const resumed = resumedBytes > 0;
      spool.clear();
      if (this.#folder) await removeFile(this.#folder, sidecarName);
      if (resumed) throw this.#stale(title);
      throw new GlowwormError(
        "WeightsError",
        `The weights of ${title} arrived damaged and were discarded; try again, and if it happens again, the site's file is broken.`,
      );
    }
    if (this.#folder && spool.onDisk) {
      await this.#keep(sidecarName, { ...sidecar, pieces });
      this.#file = await readFile(this.#folder, name);
      if (!this.#file) {
        throw new GlowwormError("StorageError", `The browser has removed the file of ${title}; free some space and try again.`);
      }
      spool.close(); // so that other tabs can open it
    }
  }

  /** @param {Uint8Array} bytes */
  #append(bytes) {
    try {
      this.#spool.append(bytes);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw this.#noRoom(cause);
    }
    if (this.#spool.onDisk) return;
    if (this.size - this.#spool.diskBytes > MEMORY_BYTES) throw this.#noRoom();
    if (!this.#toldAboutMemory) {
      this.#toldAboutMemory = true;
      this.#options.onNotice?.(
        this.#folder
          ? "The browser's storage is full, so this model is held in memory and must be fetched again next time."
          : "This window offers no storage, so the model is held in memory and must be fetched again next time.",
      );
    }
  }

  /** @param {unknown} [cause] */
  #noRoom(cause) {
    const message = this.#folder
      ? "The browser's storage is full and this model is too large for memory alone; free some space and try again."
      : "This window offers no storage and this model is too large for memory alone; open the page in an ordinary window, or open the model as a file.";
    return new GlowwormError("StorageError", message, { cause });
  }

  /**
   * @param {string} name
   * @param {Sidecar} sidecar
   */
  async #keep(name, sidecar) {
    // With no room even for the note, the model runs from memory or is fetched again: nothing is lost but time.
    if (this.#folder) await writeJson(this.#folder, name, sidecar).catch(() => {});
  }

  /** @param {string} title */
  #stale(title) {
    return new StaleBytesError(`The file of ${title} changed while it was being fetched; try again.`);
  }

  #announce() {
    if (this.size === 0) return;
    const arrived = this.#spool.length;
    this.#options.onDownload?.(arrived, this.size);
    this.#waiting = this.#waiting.filter(({ end, resolve }) => {
      if (end <= arrived) resolve();
      return end > arrived;
    });
  }

  /**
   * @param {number} end
   * @returns {Promise<void>} resolves when the size is known and the bytes before `end` are there
   */
  async #reached(end) {
    if (this.failure) throw this.failure;
    if (this.size > 0 && this.#spool.length >= end) return;
    await new Promise((resolve, reject) => this.#waiting.push({ end, resolve: () => resolve(undefined), reject }));
  }

  /** @param {unknown} error */
  #fail(error) {
    this.failure = error;
    this.#spool.close();
    for (const { reject } of this.#waiting) reject(error);
    this.#waiting = [];
  }
}

/** The digest of the whole file and of each of its pieces, kept up as the file grows. */
class Checksums {
  #whole = sha256.create();
  #seen = 0;
  #scratch = new Uint8Array(PIECE_BYTES);
  /** @type {string[]} */
  #pieces = [];
  whole = "";

  /**
   * @param {Uint8Array} bytes  just appended
   * @param {Spool} spool
   */
  async add(bytes, spool) {
    this.#whole.update(bytes);
    this.#seen += bytes.length;
    while (this.#seen >= (this.#pieces.length + 1) * PIECE_BYTES) await this.#addPiece(spool);
  }

  /** @param {Spool} spool  whose bytes have not been added yet */
  async catchUp(spool) {
    while (this.#seen < spool.length) {
      await this.add(this.#read(spool, this.#seen, Math.min(spool.length, this.#seen + PIECE_BYTES)), spool);
    }
  }

  /**
   * @param {Spool} spool
   * @returns {Promise<string[]>}
   */
  async finish(spool) {
    if (this.#seen > this.#pieces.length * PIECE_BYTES) await this.#addPiece(spool);
    free(this.#scratch.buffer);
    this.whole = toHex(this.#whole.digest());
    return this.#pieces;
  }

  /** @param {Spool} spool */
  async #addPiece(spool) {
    const start = this.#pieces.length * PIECE_BYTES;
    this.#pieces.push(await digestOf(this.#read(spool, start, Math.min(this.#seen, start + PIECE_BYTES))));
  }

  /**
   * @param {Spool} spool
   * @param {number} start
   * @param {number} end
   * @returns {Uint8Array} valid until the next call
   */
  #read(spool, start, end) {
    const bytes = this.#scratch.subarray(0, end - start);
    spool.read(start, bytes);
    return bytes;
  }
}
