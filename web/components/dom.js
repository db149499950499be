/** The one way the pages look up their elements: loudly. */

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type  such as HTMLButtonElement
 * @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} #${id}`);
  return element;
}
