/** Typographic punctuation as typewriters have it, for models that were never taught more. */

/** @type {[RegExp, string][]} */
const PLAIN = [
  [/[‘’‚‛′]/g, "'"],
  [/[“”„‟″«»]/g, '"'],
  [/[‐‑‒–]/g, "-"],
  [/\s*[—―]\s*/g, " - "],
  [/…/g, "..."],
  [/[\u00a0\u2009\u202f]/g, " "],
];

/**
 * Phones write ’ where a keyboard has '. A small vocabulary may know such marks only as single bytes, which its model
 * has seldom seen.
 * @param {string} text
 */
export function plainPunctuation(text) {
  return PLAIN.reduce((plain, [mark, replacement]) => plain.replace(mark, replacement), text);
}
