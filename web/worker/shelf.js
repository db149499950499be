/**
 * What is kept of models in the browser's private file system: told and removed. For pages as well as for workers.
 */

import { GlowwormError } from "../errors.js";
import { modelLock, modelsFolder, readFile, readJson, removeFile } from "./opfs.js";

/** @typedef {import("./store.js").Sidecar} Sidecar */

/**
 * @typedef {object} StoredFile
 * @property {string} name          as in models.json, or made from its address
 * @property {string} url           where it came from
 * @property {number} bytes         of the whole file
 * @property {number} arrivedBytes  that are here
 * @property {boolean} whole        all of it is here and was found right
 */

/** @returns {Promise<StoredFile[]>} empty where the browser offers no storage */
export async function listShelf() {
  const folder = await modelsFolder();
  /** @type {StoredFile[]} */
  const files = [];
  if (!folder) return files;
  for await (const sidecarName of folder.keys()) {
    if (!sidecarName.endsWith(".json")) continue;
    const name = sidecarName.slice(0, -".json".length);
    const [sidecar, file] = await Promise.all([readJson(folder, sidecarName), readFile(folder, name)]);
    const { url, bytes, pieces } = /** @type {Sidecar} */ (sidecar ?? {});
    if (!url || !file) continue;
    files.push({ name, url, bytes, arrivedBytes: file.size, whole: pieces !== null && file.size === bytes });
  }
  return files;
}

/**
 * Frees the space that a model takes. One that is running goes on running.
 * @param {string} name
 * @throws {GlowwormError} StorageError while it is being fetched
 */
export async function removeFromShelf(name) {
  const folder = await modelsFolder();
  if (!folder) return;
  await navigator.locks.request(modelLock(name), { ifAvailable: true }, async (lock) => {
    if (!lock) {
      throw new GlowwormError("StorageError", "This model is being fetched at the moment, here or in another tab; pause that first.");
    }
    await removeFile(folder, `${name}.json`);
    await removeFile(folder, name);
  });
}
