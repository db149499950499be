/** Chance that repeats itself: the same seed draws the same picture. */

export class Chance {
  #state;

  /** @param {string | number} seed */
  constructor(seed) {
    // FNV-1a: neighbouring seeds begin far apart.
    this.#state = 0x811c9dc5;
    for (const character of String(seed)) {
      this.#state = Math.imul(this.#state ^ character.charCodeAt(0), 0x01000193);
    }
  }

  /** From 0 up to, not including, 1: Tommy Ettinger's mulberry32. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /**
   * @param {number} low
   * @param {number} high
   */
  between(low, high) {
    return low + (high - low) * this.next();
  }

  /**
   * A whole number, both ends included.
   * @param {number} low
   * @param {number} high
   */
  whole(low, high) {
    return Math.floor(this.between(low, high + 1));
  }

  /**
   * @template T
   * @param {readonly T[]} choices
   * @returns {T}
   */
  pick(choices) {
    return choices[Math.floor(this.next() * choices.length)];
  }

  /** @param {number} [probability] */
  happens(probability = 0.5) {
    return this.next() < probability;
  }

  /** @returns {-1 | 1} */
  side() {
    return this.happens() ? 1 : -1;
  }
}
