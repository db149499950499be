/** The browser's private file system, as little of it as the model store needs. */

const FOLDER = "models";

/**
 * The name of the lock that is held while a model is being fetched.
 * @param {string} model
 */
export function modelLock(model) {
  return `glowworm model ${model}`;
}

/**
 * The folder that models are kept in, or null where the browser offers none (private windows, some web views).
 * @returns {Promise<FileSystemDirectoryHandle | null>}
 */
export async function modelsFolder() {
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(FOLDER, { create: true });
  } catch {
    return null;
  }
}

/**
 * @param {FileSystemDirectoryHandle} folder
 * @param {string} name
 * @returns {Promise<File | null>} a view of the file as it is now; unreadable once the file has changed
 */
export async function readFile(folder, name) {
  try {
    return await (await folder.getFileHandle(name)).getFile();
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/**
 * Opens a file for reading and writing in place; only one holder at a time.
 * A worker that is just being closed may still hold it for a moment.
 *
 * @param {FileSystemDirectoryHandle} folder
 * @param {string} name
 * @returns {Promise<FileSystemSyncAccessHandle>}
 */
export async function openForWriting(folder, name) {
  const file = await folder.getFileHandle(name, { create: true });
  for (let attempt = 0; ; attempt++) {
    try {
      return await file.createSyncAccessHandle();
    } catch (error) {
      if (!isLocked(error) || attempt === 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/**
 * @param {FileSystemDirectoryHandle} folder
 * @param {string} name
 * @returns {Promise<any>} null when it is not there or not JSON
 */
export async function readJson(folder, name) {
  const file = await readFile(folder, name);
  try {
    return file && JSON.parse(await file.text());
  } catch {
    return null;
  }
}

/**
 * @param {FileSystemDirectoryHandle} folder
 * @param {string} name
 * @param {unknown} value
 */
export async function writeJson(folder, name, value) {
  const handle = await openForWriting(folder, name);
  try {
    const bytes = new TextEncoder().encode(JSON.stringify(value));
    handle.truncate(0);
    handle.write(bytes, { at: 0 });
    handle.flush();
  } finally {
    handle.close();
  }
}

/**
 * @param {FileSystemDirectoryHandle} folder
 * @param {string} name
 */
export async function removeFile(folder, name) {
  try {
    await folder.removeEntry(name);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/** @param {unknown} error */
export function isQuotaExceeded(error) {
  return error instanceof Error && error.name === "QuotaExceededError";
}

/**
 * Whether someone has the file open for writing.
 * @param {unknown} error
 */
export function isLocked(error) {
  return error instanceof DOMException && error.name === "NoModificationAllowedError";
}

/** @param {unknown} error */
export function isNotFound(error) {
  return error instanceof DOMException && error.name === "NotFoundError";
}
