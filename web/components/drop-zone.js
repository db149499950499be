/** Files dropped anywhere on the page. */

/**
 * @param {string} invitation  what is said while a file is held over the page
 * @param {(file: File) => void} take
 */
export function acceptDrops(invitation, take) {
  const veil = document.createElement("div");
  veil.className = "drop-veil";
  veil.textContent = invitation;
  veil.hidden = true;
  document.body.append(veil);
  const holdsFile = (/** @type {DragEvent} */ { dataTransfer }) => dataTransfer?.types.includes("Files") ?? false;
  addEventListener("dragover", (event) => {
    if (!holdsFile(event)) return;
    event.preventDefault();
    veil.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) veil.hidden = true;
  });
  addEventListener("drop", (event) => {
    veil.hidden = true;
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    take(file);
  });
}
