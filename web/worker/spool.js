/**
 * A file that grows at its end while it is read: on disk as long as the disk takes it, in memory from there on.
 */

import { GlowwormError } from "../errors.js";
import { isQuotaExceeded } from "./opfs.js";

const BLOCK_BYTES = 8 * 1024 * 1024;

export class Spool {
  /** @type {Uint8Array[]} blocks of BLOCK_BYTES, holding what the disk did not take */
  #blocks = [];
  #diskBytes = 0;
  #memoryBytes = 0;
  /** @type {FileSystemSyncAccessHandle | null} */
  #handle;

  /** @param {FileSystemSyncAccessHandle | null} handle  null: keep everything in memory */
  constructor(handle) {
    this.#handle = handle;
    this.#diskBytes = handle?.getSize() ?? 0;
  }

  get length() {
    return this.#diskBytes + this.#memoryBytes;
  }

  get diskBytes() {
    return this.#diskBytes;
  }

  /** Whether all of it is on disk. */
  get onDisk() {
    return this.#handle !== null && this.#memoryBytes === 0;
  }

  /** @param {Uint8Array} bytes */
  append(bytes) {
    if (this.#handle && this.#memoryBytes === 0) {
      const written = this.#writeToDisk(this.#handle, bytes);
      this.#diskBytes += written;
      bytes = bytes.subarray(written);
    }
    while (bytes.length > 0) {
      const used = this.#memoryBytes % BLOCK_BYTES;
      if (used === 0) this.#blocks.push(new Uint8Array(BLOCK_BYTES));
      const taken = bytes.subarray(0, BLOCK_BYTES - used);
      /** @type {Uint8Array} */ (this.#blocks.at(-1)).set(taken, used);
      this.#memoryBytes += taken.length;
      bytes = bytes.subarray(taken.length);
    }
  }

  /**
   * @param {number} offset    the range must have been appended
   * @param {Uint8Array} out   is filled
   * @throws {GlowwormError} StorageError when the disk does not give back what it took
   */
  read(offset, out) {
    const { length } = out;
    const fromDisk = Math.max(0, Math.min(length, this.#diskBytes - offset));
    if (fromDisk > 0 && this.#handle?.read(out.subarray(0, fromDisk), { at: offset }) !== fromDisk) {
      throw new GlowwormError("StorageError", "The browser's storage lost part of the model; try again, and it is fetched once more.");
    }
    for (let done = fromDisk; done < length; ) {
      const at = offset + done - this.#diskBytes;
      const start = at % BLOCK_BYTES;
      const part = this.#blocks[Math.floor(at / BLOCK_BYTES)].subarray(start, start + length - done);
      out.set(part, done);
      done += part.length;
    }
  }

  /**
   * @param {FileSystemSyncAccessHandle} handle
   * @param {Uint8Array} bytes
   * @returns {number} how many bytes the disk took; less than all of them when it is full
   */
  #writeToDisk(handle, bytes) {
    try {
      const written = handle.write(/** @type {Uint8Array<ArrayBuffer>} */ (bytes), { at: this.#diskBytes });
      if (written <= bytes.length) return written; // Chromium may return an error code as a huge number
    } catch (error) {
      if (!isQuotaExceeded(error)) throw error;
    }
    handle.truncate(this.#diskBytes);
    return 0;
  }

  clear() {
    this.#handle?.truncate(0);
    this.#diskBytes = 0;
    this.#memoryBytes = 0;
    this.#blocks = [];
  }

  /** Lets go of the disk; what is on it can no longer be read here. */
  close() {
    this.#handle?.flush();
    this.#handle?.close();
    this.#handle = null;
  }
}
