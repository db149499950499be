import { free } from "./buffers.js";

/**
 * `read` gives a copy of a range, in `buffer` where that is large enough, which then must not be used otherwise.
 * @typedef {{ size: number, read(offset: number, length: number, buffer?: ArrayBuffer): Promise<Uint8Array> }} Source
 */

/** Reads small ranges in rising order out of large reads: a model has hundreds of tensors of a few kilobytes. */
export class WindowReader {
  #start = 0;
  /** @type {Uint8Array<ArrayBuffer>} */
  #window = new Uint8Array(0);

  /**
   * @param {Source} source
   * @param {number} windowBytes  the most that is read at once
   */
  constructor(source, windowBytes) {
    this.source = source;
    this.windowBytes = windowBytes;
  }

  /**
   * @param {number} offset
   * @param {number} length  at most `windowBytes`
   * @returns {Promise<Uint8Array<ArrayBuffer>>} a view that is valid until the next call; short at the end of the source
   */
  async read(offset, length) {
    const within = offset - this.#start;
    if (within < 0 || within + length > this.#window.byteLength) {
      this.#start = offset;
      const bytes = Math.min(this.windowBytes, this.source.size - offset);
      const window = await this.source.read(offset, bytes, this.#window.buffer);
      this.#window = /** @type {Uint8Array<ArrayBuffer>} */ (window); // never shared memory
      return this.#window.subarray(0, length);
    }
    return this.#window.subarray(within, within + length);
  }

  /** Gives the window's memory back. */
  close() {
    free(this.#window.buffer);
    this.#window = new Uint8Array(0);
  }
}
