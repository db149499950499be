/** What the system hands over to the installed app: files to open, and text that was shared. */

/**
 * @param {(file: File) => void} take  a file that was opened with this app
 */
export function acceptLaunches(take) {
  const { launchQueue } = /** @type {any} */ (window);
  launchQueue?.setConsumer(async (/** @type {{files: readonly FileSystemFileHandle[]}} */ { files }) => {
    if (files.length > 0) take(await files[0].getFile());
  });
}

/**
 * Takes what was shared with the app out of the page's address, where the manifest's share target puts it as `title`,
 * `text` and `url`.
 * @returns {string} "" for nothing
 */
export function takeSharedText() {
  const address = new URL(location.href);
  const parts = ["title", "text", "url"].map((name) => {
    const value = address.searchParams.get(name) ?? "";
    address.searchParams.delete(name);
    return value.trim();
  });
  if (address.href !== location.href) history.replaceState(null, "", address);
  return [...new Set(parts.filter(Boolean))].join("\n");
}
