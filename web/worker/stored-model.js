/**
 * A model that is whole on disk. Each piece is checked the first time it is read;
 * a damaged one is fetched again, alone.
 */

import { GlowwormError } from "../errors.js";
import { free, roomFor } from "./buffers.js";
import { download } from "./download.js";
import { openForWriting, readFile, removeFile } from "./opfs.js";
import { digestOf, PIECE_BYTES, StaleBytesError } from "./pieces.js";
import { readBlob } from "./read-blob.js";

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
  /** @type {{index: number, bytes: Uint8Array<ArrayBuffer>}} the piece read last: weights are read in order, in smaller steps */
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

  rest() {
    free(this.#last.bytes.buffer);
    this.#last = { index: -1, bytes: new Uint8Array(0) };
  }

  /**
   * @param {number} offset
   * @param {number} length
   * @param {ArrayBuffer} [buffer]  to put it in
   * @returns {Promise<Uint8Array>}
   */
  read(offset, length, buffer) {
    const result = this.#queue.then(() => this.#read(offset, length, buffer));
    this.#queue = result.catch((error) => {
      this.failure = error;
    });
    return result;
  }

  /**
   * @param {number} offset
   * @param {number} length
   * @param {ArrayBuffer} [buffer]
   */
  async #read(offset, length, buffer) {
    const out = new Uint8Array(roomFor(length, buffer), 0, length);
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
   * @returns {Promise<Uint8Array<ArrayBuffer>>}
   */
  async #part(index, start, end) {
    if (this.#last.index !== index) {
      this.#last.index = -1; // its buffer is filled anew
      let bytes = await this.#fromDisk(index);
      if (!this.#checked.has(index) && (await digestOf(bytes)) !== this.#sidecar.pieces?.[index]) bytes = await this.#repair(index);
      this.#checked.add(index);
      this.#last = { index, bytes };
    }
    return this.#last.bytes.subarray(start, end);
  }

  /**
   * @param {number} index
   * @returns {Promise<Uint8Array<ArrayBuffer>>}
   */
  async #fromDisk(index) {
    const piece = () => this.#file.slice(index * PIECE_BYTES, (index + 1) * PIECE_BYTES);
    try {
      return await readBlob(piece(), this.#last.bytes.buffer);
    } catch {
      const file = await readFile(this.#folder, this.#entry.name); // another tab may have repaired it
      if (!file) {
        const message = "The browser has removed the stored weights; try again, and they are fetched once more.";
        throw new GlowwormError("WeightsError", message);
      }
      this.#file = file;
      return readBlob(piece(), this.#last.bytes.buffer);
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
