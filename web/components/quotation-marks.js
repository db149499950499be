/** Quotation marks that know their sides, where models write those of typewriters. */

/**
 * What stands before decides, so that text may still be growing.
 * @param {string} text
 * @param {string} [before]  the character before the text, "" at the beginning
 */
export function typeset(text, before = "") {
  const known = before + text;
  return known
    .replace(/"/g, (_, at) => (opens(known, at) ? "“" : "”"))
    .replace(/'/g, (_, at) => (opens(known, at) ? "‘" : "’"))
    .slice(before.length);
}

/**
 * Whether a mark opens: after a space or a bracket, or next to another one that does.
 * @param {string} text
 * @param {number} at
 * @returns {boolean}
 */
function opens(text, at) {
  const before = text[at - 1];
  if (before === '"' || before === "'") return opens(text, at - 1);
  return before === undefined || /[\s([—–]/.test(before);
}
