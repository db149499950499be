/** Where the page's wheels lie in Python's file system: a snapshot remembers the paths, so both sides share them. */

export const WHEEL_FOLDER = "/lib/glowworm";

/**
 * @param {any} FS  Emscripten's file system
 * @param {{name: string, bytes: Uint8Array}[]} wheels
 */
export function placeWheels(FS, wheels) {
  FS.mkdirTree(WHEEL_FOLDER);
  for (const { name, bytes } of wheels) FS.writeFile(`${WHEEL_FOLDER}/${name}`, bytes);
}
