/**
 * Small values that the pages keep: between visits, or as long as a tab lasts, reloads included. In a window without
 * storage they last until the page is closed.
 */

const PREFIX = "glowworm.";

/** @typedef {"localStorage" | "sessionStorage"} Place */

/** What was kept, in case the browser keeps nothing. @type {Map<string, string>} */
const unstored = new Map();

/**
 * @param {string} name
 * @returns {any} what was kept between visits, null when nothing was
 */
export function recall(name) {
  return read("localStorage", name);
}

/**
 * @param {string} name
 * @param {unknown} value  null or undefined forgets it
 */
export function keep(name, value) {
  write("localStorage", name, value);
}

/**
 * @param {string} name
 * @returns {any} what was kept in this tab, null when nothing was
 */
export function recallInTab(name) {
  return read("sessionStorage", name);
}

/**
 * @param {string} name
 * @param {unknown} value  null or undefined forgets it
 */
export function keepInTab(name, value) {
  write("sessionStorage", name, value);
}

/**
 * @param {Place} storage
 * @param {string} name
 */
function read(storage, name) {
  try {
    return JSON.parse(window[storage].getItem(PREFIX + name) ?? unstored.get(storage + name) ?? "null");
  } catch {
    return JSON.parse(unstored.get(storage + name) ?? "null");
  }
}

/**
 * @param {Place} storage
 * @param {string} name
 * @param {unknown} value
 */
function write(storage, name, value) {
  const text = JSON.stringify(value ?? null);
  unstored.set(storage + name, text);
  try {
    if (text === "null") window[storage].removeItem(PREFIX + name);
    else window[storage].setItem(PREFIX + name, text);
  } catch {
    // Full or forbidden: it lasts as long as the page.
  }
}
