/** A button that copies a text, and says so. */

import { iconButton, iconElement } from "./icon.js";
import { toast } from "./toast.js";

const SHOWN_MS = 1500;

/**
 * @param {string} label
 * @param {() => string} text  what is copied
 * @returns {HTMLButtonElement}
 */
export function copyButton(label, text) {
  const button = iconButton("copy", label, async () => {
    try {
      await navigator.clipboard.writeText(text());
    } catch {
      toast("The browser does not let this page copy; select the text and copy it yourself.");
      return;
    }
    button.replaceChildren(iconElement("check"));
    setTimeout(() => button.replaceChildren(iconElement("copy")), SHOWN_MS);
  });
  return button;
}
