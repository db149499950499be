/** Keeping a page's tasks short, so that it answers while it starts. */

/** Ends the task here: what follows is another one, before which the page may draw and answer. */
export const nextTask = () => new Promise((resolve) => setTimeout(resolve));

/**
 * Something that takes long to make and may not be needed.
 *
 * @template T
 * @param {() => T} make
 * @returns {() => T} makes it when it is first asked for
 */
export function lazily(make) {
  /** @type {{ value: T } | undefined} */
  let made;
  return () => (made ??= { value: make() }).value;
}
