/**
 * Remembers the last program of a model on a device between visits, so that its kernels can be compiled and its
 * weights uploaded while Python is still starting. Python builds the program all the same; a memory that differs
 * from it is thrown away, so nothing here has to be right, only likely.
 */

/** @typedef {{ words: number[], strings: string[], shaders: string[] }} RememberedProgram */

const CACHE = "glowworm-programs";
const MOST = 8; // programs kept

/**
 * @param {string} key
 * @returns {Promise<RememberedProgram | null>}
 */
export async function recallProgram(key) {
  try {
    const answer = await (await caches.open(CACHE)).match(address(key));
    return answer ? await answer.json() : null;
  } catch {
    return null; // no storage, or nothing readable in it
  }
}

/**
 * @param {string} key
 * @param {RememberedProgram} program
 */
export async function rememberProgram(key, program) {
  try {
    const cache = await caches.open(CACHE);
    await cache.put(address(key), new Response(JSON.stringify(program)));
    const kept = await cache.keys(); // the oldest first
    await Promise.all(kept.slice(0, -MOST).map((request) => cache.delete(request)));
  } catch {
    // No storage, or it is full: the next visit takes a little longer.
  }
}

/** @param {string} key */
function address(key) {
  return new URL(`program?${encodeURIComponent(key)}`, import.meta.url).href;
}
