/** The state buffer of a program, as far as JavaScript reads it; see py/glowworm/graph/plan.py, which lays it out. */

/** All of it. */
export const STATE_BYTES = 512;

const STEP = 2; // words
const OUTPUT = 64;
const OUTPUT_RING = 64;

/**
 * @param {ArrayBuffer} state
 * @param {number} count
 * @returns {number[]} the tokens drawn last, oldest first
 */
export function lastTokens(state, count) {
  const words = new Uint32Array(state);
  const first = words[STEP] - count;
  return Array.from({ length: count }, (_, i) => words[OUTPUT + ((first + i) % OUTPUT_RING)]);
}
