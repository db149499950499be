/** How much room the browser gives this site, and whether it may take it back. */

/**
 * @typedef {object} Room
 * @property {number} used       bytes
 * @property {number} available  bytes, used ones included; 0 where the browser does not say
 * @property {boolean} kept      the browser does not clear it by itself
 */

/** @returns {Promise<Room>} */
export async function storageRoom() {
  const [{ usage = 0, quota = 0 } = {}, kept = false] = await Promise.all([
    navigator.storage?.estimate?.(),
    navigator.storage?.persisted?.(),
  ]);
  return { used: usage, available: quota, kept };
}

/**
 * Asks the browser to keep what is stored here even when it runs short. Some ask the user, so this belongs to a moment
 * in which there is something to lose: a chat that was begun, a model that is fetched.
 * @returns {Promise<boolean>} whether it does
 */
export async function askToKeep() {
  try {
    return (await navigator.storage.persisted()) || (await navigator.storage.persist());
  } catch {
    return false;
  }
}
