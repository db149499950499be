/** One sentence about what has just been done, said once, with a way back where there is one. */

const SHOWN_MS = 7000;

/** @type {HTMLElement | null} */
let shown = null;

/**
 * @param {string} sentence
 * @param {{label: string, run: () => void}} [action]
 */
export function toast(sentence, action) {
  shown?.remove();
  const element = (shown = document.createElement("div"));
  element.className = "toast";
  element.setAttribute("role", "status");
  const text = document.createElement("span");
  element.append(text);
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = action.label;
    button.addEventListener("click", () => {
      element.remove();
      action.run();
    });
    element.append(button);
  }
  // An open dialog makes everything outside it inert.
  (document.querySelector("dialog[open]") ?? document.body).append(element);
  text.textContent = sentence; // after the region is there, or it would not be read out
  setTimeout(() => element.remove(), SHOWN_MS);
}
