/** Hands a file to the user. */

/** @param {File} file */
export function saveFile(file) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/**
 * A title as a file may be called.
 * @param {string} title
 * @param {string} otherwise  for a title of which nothing is left
 */
export function fileName(title, otherwise) {
  const plain = title.replace(/[^\p{L}\p{N}_' -]+/gu, "").trim().replace(/\s+/g, " ");
  return plain.slice(0, 80).trimEnd() || otherwise;
}
