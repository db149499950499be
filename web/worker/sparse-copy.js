/** Copies into fresh memory without making the browser hold what is zero anyway. */

const PAGE_WORDS = 1024; // of 4 bytes: what systems hand out memory in, or a divisor of it

/**
 * Writes only those pages of `from` that differ from what is in `to`: a page of a fresh memory that was never written
 * to takes no room.
 *
 * @param {Uint8Array} from
 * @param {Int8Array} to  at least as long
 */
export function copyDifferences(from, to) {
  const words = Math.floor(from.length / 4);
  const source = new Int32Array(from.buffer, from.byteOffset, words);
  const target = new Int32Array(to.buffer, to.byteOffset, words);
  for (let start = 0; start < words; start += PAGE_WORDS) {
    const end = Math.min(start + PAGE_WORDS, words);
    let at = start;
    while (at < end && source[at] === target[at]) at++;
    if (at < end) target.set(source.subarray(start, end), start);
  }
  to.set(from.subarray(4 * words), 4 * words);
}
