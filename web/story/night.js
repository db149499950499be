/** Night mode: a darkened page on which only the story and what reading needs are left. */

import { keep, recall } from "../components/kept.js";

/** @param {HTMLButtonElement} button  turns it on and off; so does Escape, off */
export function offerNight(button) {
  const set = (/** @type {boolean} */ on) => {
    document.body.toggleAttribute("data-night", on);
    button.setAttribute("aria-pressed", String(on));
    keep("night", on || null);
    document.querySelector(".sentence.lit")?.scrollIntoView({ block: "center" }); // the page around it has changed
  };
  set(recall("night") === true);
  button.addEventListener("click", () => set(!document.body.hasAttribute("data-night")));
  document.addEventListener("keydown", ({ key, defaultPrevented }) => {
    const busy = document.body.dataset.state === "generating" || document.querySelector("dialog[open]") !== null;
    if (key === "Escape" && !defaultPrevented && !busy) set(false);
  });
}
