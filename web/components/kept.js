/** Small values that a page keeps between visits, in local storage; in a window without it, until it is closed. */

const PREFIX = "glowworm.";

/** @type {Map<string, string>} */
const unstored = new Map();

/**
 * @param {string} name
 * @returns {any} what was kept, null when nothing was
 */
export function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name) ?? unstored.get(name) ?? "null");
  } catch {
    return JSON.parse(unstored.get(name) ?? "null");
  }
}

/**
 * @param {string} name
 * @param {unknown} value  null or undefined forgets it
 */
export function keep(name, value) {
  const text = JSON.stringify(value ?? null);
  unstored.set(name, text);
  try {
    if (text === "null") localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, text);
  } catch {
    // Full or forbidden: it lasts as long as the page.
  }
}
