/**
 * A model that is whole on disk. Each piece is checked the first time it is read;
 * a damaged one is fetched again, alone.
 */

import { GlowwormError } from "../errors.js";
import { download } from "./download.js";
import { openForWriting, readFile, removeFile } from "./opfs.js";
import { digestOf, PIECE_BYTES, StaleBytesError } from "./pieces.js";

/** @typedef {import("./catalogue.js").CatalogueEntry} CatalogueEntry */
/** @typedef {import("./store.js").Sidecar} Sidecar */

export class StoredModel {
  /** @type {"disk"} */
  place = "disk";
  downloadedBytes = 0;
  /** @type {unknown} why the last read failed */
  failure = null;
  #folder;
  #entry;
  #sidecar;
  #file;
  #signal;
  /** @type {Set<number>} pieces known to be right */
  #checked = new Set();
  /** @type {{index: number, bytes: Uint8Array}} the piece read last: weights are read in order, in smaller steps */
  #last = { index: -1, bytes: new Uint8Array(0) };
  /** @type {Promise<unknown>} reads happen one after the other */
  #queue = Promise.resolve();

  /**
   * @param {FileSystemDirectoryHandle} folder
   * @param {CatalogueEntry} entry
   * @param {Sidecar} sidecar
   * @param {File} file
   * @param {AbortSignal} [signal]
   */
  constructor(folder, entry, sidecar, file, signal) {
    this.#folder = folder;
    this.#entry = entry;
    this.#sidecar = sidecar;
    this.#file = file;
    this.#signal = signal;
  }

  get size() {
    return this.#sidecar.bytes;
  }

  async verified() {} // nothing unchecked is ever handed out

  /**
   * @param {number} offset
   * @param {number} length
   * @returns {Promise<Uint8Array>}
   */
  read(offset, length) {
    const result = this.#queue.then(() => this.#read(offset, length));
    this.#queue = result.catch((error) => {
      this.failure = error;
    });
    return result;
  }

  /**
   * @param {number} offset
   * @param {number} length
   */
  async #read(offset, length) {
    const out = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const index = Math.floor((offset + done) / PIECE_BYTES);
      const start = offset + done - index * PIECE_BYTES;
      const part = await this.#part(index, start, Math.min(PIECE_BYTES, start + length - done));
      if (part.length === 0) throw new GlowwormError("WeightsError", "The model's file ends before its weights do.");
      out.set(part, done);
      done += part.length;
    }
    return out;
  }

  /**
   * @param {number} index
   * @param {number} start  within the piece
   * @param {number} end
   * @returns {Promise<Uint8Array>}
   */
  async #part(index, start, end) {
    if (this.#last.index !== index) {
      if (this.#checked.has(index)) return this.#fromDisk(index * PIECE_BYTES + start, index * PIECE_BYTES + end);
      let bytes = await this.#fromDisk(index * PIECE_BYTES, (index + 1) * PIECE_BYTES);
      if ((await digestOf(bytes)) !== this.#sidecar.pieces?.[index]) bytes = await this.#repair(index);
      this.#checked.add(index);
      this.#last = { index, bytes };
    }
    return this.#last.bytes.subarray(start, end);
  }

  /**
   * @param {number} start
   * @param {number} end
   */
  async #fromDisk(start, end) {
    try {
      return new Uint8Array(await this.#file.slice(start, end).arrayBuffer());
    } catch {
      const file = await readFile(this.#folder, this.#entry.name); // another tab may have repaired it
      if (!file) {
        const message = "The browser has removed the stored weights; try again, and they are fetched once more.";
        throw new GlowwormError("WeightsError", message);
      }
      this.#file = file;
      return new Uint8Array(await file.slice(start, end).arrayBuffer());
    }
  }

  /**
   * Fetches one piece again and writes it where the damaged one was.
   * @param {number} index
   * @returns {Promise<Uint8Array<ArrayBuffer>>}
   */
  async #repair(index) {
    const { name, url, title = name } = this.#entry;
    const start = index * PIECE_BYTES;
    const piece = new Uint8Array(Math.min(PIECE_BYTES, this.size - start));
    let filled = 0;
    try {
      const chunks = download(url, { offset: start, validator: this.#sidecar.validator, expectedBytes: this.size, signal: this.#signal });
      for await (const { offset, bytes } of chunks) {
        if (offset !== start + filled) break; // the server has another version now
        const taken = bytes.subarray(0, piece.length - filled);
        piece.set(taken, filled);
        filled += taken.length;
        if (filled === piece.length) break;
      }
    } catch (cause) {
      const message = `The stored weights of ${title} are damaged and could not be fetched again; check the connection and try again.`;
      throw new GlowwormError("WeightsError", message, { cause });
    }
    this.downloadedBytes += filled;
    if (filled < piece.length || (await digestOf(piece)) !== this.#sidecar.pieces?.[index]) {
      await removeFile(this.#folder, `${name}.json`);
      throw new StaleBytesError(`The stored weights of ${title} are damaged and the server has other ones; try again.`);
    }
    const handle = await openForWriting(this.#folder, name);
    try {
      handle.write(piece, { at: start });
      handle.flush();
    } finally {
      handle.close();
    }
    this.#file = (await readFile(this.#folder, name)) ?? this.#file;
    return piece;
  }
}
