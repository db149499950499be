/** Hands a text to the user as a file. */

/**
 * @param {string} name
 * @param {string} text
 * @param {string} type  of the file, such as "application/json"
 */
export function saveFile(name, text, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/**
 * A title as a file may be called.
 * @param {string} title
 */
export function fileName(title) {
  return title.replace(/[^\p{L}\p{N} _-]+/gu, "").trim().replace(/\s+/g, "-").slice(0, 60) || "chat";
}
